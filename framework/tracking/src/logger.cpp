#include "thexp/tracking/logger.h"

#include <unistd.h>

#include "console_sinks.h"
#include "log_core.h"
#include "output_passer.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

const char* level_field(Level level) {
  switch (level) {
    case Level::kDebug:
      return " | DEBUG";
    case Level::kWarn:
      return " | WARN";
    case Level::kError:
      return " | ERROR";
    default:
      return "";
  }
}

std::shared_ptr<OutputPasser> output_for(const LoggerOptions& options) {
  return options.takes_output() ? OutputPasser::current() : nullptr;
}

ConsoleSinkOptions console_options(const LoggerOptions& options,
                                   int descriptor) {
  return ConsoleSinkOptions()
      .descriptor(descriptor)
      .plain_interval(options.plain_interval())
      .clock(options.clock());
}

}  // namespace

LogChannel::LogChannel(LogCore& core,
                       const std::atomic<Level>& threshold,
                       std::string prefix)
    : core_(&core),
      wants_frame_(&core.wants_frame()),
      threshold_(&threshold),
      prefix_(std::move(prefix)) {}

LogChannel LogChannel::with_prefix(const std::string& prefix) const {
  std::string joined = prefix_.empty() ? prefix : prefix_ + " | " + prefix;
  return LogChannel(*core_, *threshold_, std::move(joined));
}

void LogChannel::raw(std::string text) {
  if (enabled(Level::kInfo)) core_->line(std::move(text));
}

std::string LogChannel::start_of(Level level) const {
  std::string text = core_->date() + level_field(level);
  if (!prefix_.empty()) text += " | " + prefix_;
  return text;
}

void LogChannel::write_line(std::string text) { core_->line(std::move(text)); }

void LogChannel::write_frame(std::string text) {
  core_->frame(std::move(text));
}

void LogChannel::clear_inline() {
  if (enabled(Level::kInfo)) core_->frame("");
}

struct Logger::State {
  State(const LoggerOptions& options)
      : threshold(options.level()),
        output(output_for(options)),
        core(options.clock(), options.frame_interval(), output) {}

  // A captured standard output would come back to the log.
  int console(int wanted) const {
    bool captured = output != nullptr && wanted == STDOUT_FILENO;
    return captured ? output->real() : wanted;
  }

  std::atomic<Level> threshold;
  std::shared_ptr<OutputPasser> output;  // null where it takes none
  LogCore core;
};

Logger::Logger(const LoggerOptions& options)
    : Logger(options, std::make_unique<State>(options)) {}

Logger::Logger(const LoggerOptions& options, std::unique_ptr<State> state)
    : LogChannel(state->core, state->threshold, options.prefix()),
      state_(std::move(state)) {
  if (options.console()) {
    int descriptor = state_->console(options.descriptor());
    add_sink(make_console_sink(console_options(options, descriptor)));
  } else if (state_->output != nullptr) {
    add_sink(std::make_unique<OutputSink>(state_->output->real()));
  }
  if (state_->output != nullptr) state_->output->attach(state_->core);
}

Logger::~Logger() {
  if (state_->output != nullptr) state_->output->detach(state_->core);
}

void Logger::add_file(const std::filesystem::path& path) {
  add_sink(make_file_sink(path));
}

void Logger::add_sink(std::unique_ptr<Sink> sink) {
  if (sink == nullptr) throw UsageError("Logger::add_sink: the sink is null");
  state_->core.add(std::move(sink));
}

void Logger::set_verbose(Level level) { state_->threshold = level; }

bool Logger::flush(std::chrono::milliseconds timeout) {
  return state_->core.flush(timeout);
}

bool Logger::deliver(std::chrono::milliseconds timeout) {
  return state_->core.deliver(timeout);
}

std::string Logger::sink_error() const { return state_->core.error(); }

}  // namespace thexp
