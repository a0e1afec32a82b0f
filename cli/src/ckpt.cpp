#include "ckpt.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace thexp::cli {
namespace {

void add_ckpt_show(CLI::App& ckpt, Command& chosen) {
  auto options = std::make_shared<CkptShowOptions>();
  CLI::App* app = ckpt.add_subcommand(
      "show", "list tensors (type, shape, size, CRC-32) and values");
  app->add_option("file", options->file, "a .pt or safetensors file")
      ->required();
  app->add_flag("--json", options->json, "print JSON");
  app->callback([&chosen, options] {
    chosen = {[options] { return ckpt_show(*options); }};
  });
}

void add_ckpt_diff(CLI::App& ckpt, Command& chosen) {
  auto options = std::make_shared<CkptDiffOptions>();
  CLI::App* app = ckpt.add_subcommand(
      "diff", "compare two files; ends with 1 when they differ");
  app->add_option("a", options->first, "a .pt or safetensors file")->required();
  app->add_option("b", options->second, "another one")->required();
  app->callback([&chosen, options] {
    chosen = {[options] { return ckpt_diff(*options); }, kUsage};
  });
}

void add_ckpt_convert(CLI::App& ckpt, Command& chosen) {
  auto options = std::make_shared<CkptConvertOptions>();
  CLI::App* app = ckpt.add_subcommand(
      "convert", "make a safetensors file of a .pt file, or the reverse");
  app->add_option("in", options->from, "the file to read")->required();
  app->add_option("out", options->to,
                  "the file to write; its suffix (.pt, .safetensors) says the "
                  "format")
      ->required();
  app->add_flag("--tensors-only", options->tensors_only,
                "leave out what safetensors cannot hold");
  app->add_option("--dtype", options->dtype,
                  "make all real tensors float16, bfloat16, float32 or "
                  "float64; IN and OUT may then be of one format");
  app->callback([&chosen, options] {
    chosen = {[options] { return ckpt_convert(*options); }};
  });
}

}  // namespace

void add_ckpt(CLI::App& app, Command& chosen) {
  CLI::App* ckpt = app.add_subcommand("ckpt", "look into checkpoint files");
  ckpt->require_subcommand(1);
  add_ckpt_show(*ckpt, chosen);
  add_ckpt_diff(*ckpt, chosen);
  add_ckpt_convert(*ckpt, chosen);
}

}  // namespace thexp::cli
