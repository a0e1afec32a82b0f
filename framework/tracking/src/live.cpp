#include "thexp/tracking/live.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "time_text.h"

namespace thexp {
namespace {

constexpr std::chrono::milliseconds kInterval{1000};

int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

class LiveSink : public Sink {
 public:
  LiveSink(const fs::path& run,
           std::shared_ptr<const LiveStep> step,
           const Clock& clock)
      : path_(run / kLiveFile),
        temporary_(run / fmt::format("{}.tmp.{}.0", kLiveFile, ::getpid())),
        step_(std::move(step)),
        clock_(clock) {}

  std::string name() const override { return path_.string(); }
  void line(std::string_view) override {}
  std::chrono::milliseconds frame_interval() const override {
    return kInterval;
  }

  void frame(std::string_view text) override {
    if (text.empty()) return;
    SteadyTime now = clock_.steady();
    if (written_ && now - *written_ < kInterval) return;
    Value json = state(one_line(text), now);
    written_ = now;
    write(json.to_json() + "\n");
  }

  void close() override {
    std::error_code absent;
    fs::remove(path_, absent);
  }

 private:
  Value state(std::string line, SteadyTime now) {
    Value json = Value::Dict{{"line", std::move(line)},
                             {"memory", resident_bytes()},
                             {"time", iso8601(clock_.now())}};
    if (step_ == nullptr || step_->get() < 0) return json;
    int64_t step = step_->get();
    json["step"] = step;
    if (written_ && step > step_before_) {
      std::chrono::duration<double> passed = now - *written_;
      json["speed"] = static_cast<double>(step - step_before_) / passed.count();
    }
    step_before_ = step;
    return json;
  }

  // A reader sees the state before, or this one.
  void write(const std::string& text) const {
    std::ofstream(temporary_) << text;
    std::error_code error;
    fs::rename(temporary_, path_, error);
    if (error) fs::remove(temporary_, error);
  }

  const fs::path path_;
  const fs::path temporary_;
  const std::shared_ptr<const LiveStep> step_;
  const Clock& clock_;
  std::optional<SteadyTime> written_;
  int64_t step_before_ = 0;
};

}  // namespace

std::unique_ptr<Sink> make_live_sink(const fs::path& run,
                                     std::shared_ptr<const LiveStep> step,
                                     const Clock& clock) {
  return std::make_unique<LiveSink>(run, std::move(step), clock);
}

std::optional<LiveState> read_live(const fs::path& run) {
  fs::path path = run / kLiveFile;
  if (!fs::exists(path)) return std::nullopt;
  try {
    Value json = Value::from_json(read_file(path), path.string());
    LiveState state;
    state.line = json.at("line").as_text();
    state.memory = json.at("memory").as_integer();
    state.time = parse_iso8601(json.at("time").as_text());
    if (const Value* step = json.find("step")) state.step = step->as_integer();
    if (const Value* speed = json.find("speed")) state.speed = speed->as_real();
    return state;
  } catch (const Error&) {
    return std::nullopt;  // removed in this moment, or of a full disk
  }
}

}  // namespace thexp
