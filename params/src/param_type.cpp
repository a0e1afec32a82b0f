#include "thexp/params/param_type.h"

namespace thexp {
namespace {

const char* one(ParamKind kind) {
  switch (kind) {
    case ParamKind::kBool:
      return "bool";
    case ParamKind::kInteger:
      return "integer";
    case ParamKind::kReal:
      return "real number";
    case ParamKind::kPath:
      return "path";
    case ParamKind::kText:
      break;
  }
  return "text";
}

const char* several(ParamKind kind) {
  switch (kind) {
    case ParamKind::kBool:
      return "bools";
    case ParamKind::kInteger:
      return "integers";
    case ParamKind::kReal:
      return "real numbers";
    case ParamKind::kPath:
      return "paths";
    case ParamKind::kText:
      break;
  }
  return "texts";
}

const char* word(ParamKind kind) {
  switch (kind) {
    case ParamKind::kBool:
      return "BOOL";
    case ParamKind::kInteger:
      return "INT";
    case ParamKind::kReal:
      return "REAL";
    case ParamKind::kPath:
      return "PATH";
    case ParamKind::kText:
      break;
  }
  return "TEXT";
}

}  // namespace

std::string ParamType::describe() const {
  std::string text =
      list ? std::string("list of ") + several(kind) : std::string(one(kind));
  return optional ? text + " or null" : text;
}

std::string ParamType::placeholder() const {
  std::string text = word(kind);
  if (list) text = "[" + text + ",...]";
  return optional ? text + "|null" : text;
}

}  // namespace thexp
