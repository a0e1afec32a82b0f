#include "thexp/tracking/captured_output.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "console_sinks.h"
#include "output_passer.h"
#include "quiet_thread.h"
#include "standard_output.h"

namespace thexp {
namespace {

// The capture of this process. Its parts are never destroyed: threads still run
// while exit() destroys what is static.
std::mutex& mutex() {
  static auto* const made = new std::mutex;
  return *made;
}

std::shared_ptr<OutputPasser>& passer() {
  static auto* const made = new std::shared_ptr<OutputPasser>;
  return *made;
}

std::atomic<OutputPasser*> for_handlers{nullptr};

void set_current(std::shared_ptr<OutputPasser> value) {
  std::lock_guard<std::mutex> lock(mutex());
  for_handlers = value.get();
  passer() = std::move(value);
}

// exit() was called while the output is captured, and no destructor will be.
void finish_at_exit() {
  std::shared_ptr<OutputPasser> current = OutputPasser::current();
  if (current == nullptr || !current->is_own_process()) return;
  current->gather(OutputPasser::OpenLine::kEnd);
  current->wait_for_logs(std::chrono::seconds(2));
  leave_moving_line();
  lead_standard_output_back(current->writer(), current->real());
}

void close_in_child() {
  OutputPasser* current = for_handlers;
  if (current != nullptr) current->close_in_child();
}

void install_handlers() {
  static const bool once = [] {
    std::atexit(finish_at_exit);
    ::pthread_atfork(nullptr, nullptr, close_in_child);
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace

std::shared_ptr<OutputPasser> OutputPasser::current() {
  std::lock_guard<std::mutex> lock(mutex());
  return passer();
}

void finish_output_at_crash() {
  OutputPasser* current = for_handlers;
  if (current != nullptr) current->wait_at_crash();
}

class OutputCapture {
 public:
  explicit OutputCapture(Descriptor real)
      : passer_(std::make_shared<OutputPasser>(std::move(real))) {
    install_handlers();
    flush_standard_output(OwnBuffers::kAll);
    lead_standard_output_to(passer_->writer());
    thread_ = start_quiet_thread([passer = passer_] { passer->run(); });
    set_current(passer_);
  }

  ~OutputCapture() {
    if (!passer_->is_own_process()) {
      thread_.detach();  // it is the parent's
      return;
    }
    flush_standard_output(OwnBuffers::kAll);
    lead_standard_output_back(passer_->writer(), passer_->real());
    passer_->stop();
    thread_.join();
    set_current(nullptr);
    passer_->release_logs();
  }

 private:
  std::shared_ptr<OutputPasser> passer_;
  std::thread thread_;
};

CapturedOutput::CapturedOutput() {
  if (OutputPasser::current() != nullptr) return;
  Descriptor real = duplicate_standard_output();
  if (real.is_open())
    capture_ = std::make_unique<OutputCapture>(std::move(real));
}

CapturedOutput::~CapturedOutput() = default;

}  // namespace thexp
