#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>

#include "thexp/experiments/table.h"

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace thexp::cli {

// For whom a listing is. At most one is true; none: for people.
struct Form {
  bool json = false;
  bool csv = false;
  bool markdown = false;
};

// Adds those of --json, --csv and --markdown that are named.
void add_form(CLI::App& command,
              Form& form,
              std::initializer_list<const char*> flags);

// For options that count: 1 or more.
CLI::Validator positive_count();

struct TextWidth {
  std::size_t columns;
  bool is_terminal;
};

// Of standard output. Nothing is cut where no terminal shows it.
TextWidth output_width();

// The table for people, and which columns the terminal has no room for.
std::string table_text(const Table& table, const TextWidth& width);

// The table in the form that was asked for.
std::string print_table(const Table& table, const Form& form);

}  // namespace thexp::cli
