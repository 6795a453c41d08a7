#include "device/simulated/simulated_board.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "device/board_profile.hpp"
#include "device/error.hpp"
#include "device/simulated/board_files.hpp"
#include "device/simulated/board_state.hpp"
#include "device/text_file.hpp"
#include "files/error.hpp"
#include "files/place.hpp"

namespace dvfo::device::simulated {
namespace {

using steady = std::chrono::steady_clock;

/// A file descriptor that is closed with its owner.
class descriptor {
 public:
  explicit descriptor(int number, const char* what) : number_(number) {
    if (number < 0) throw error(errc::io, fmt::format("{} failed: {}", what, std::strerror(errno)));
  }
  ~descriptor() { close(number_); }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

constexpr std::string_view temporary_prefix = "dvfo-sim-";

/// Stands in every temporary tree: a user's folder may have such a name, too.
constexpr const char* temporary_marker = "dvfo-temporary";

/// Temporary trees of processes that were killed: nobody holds their lock. Young ones are left alone, because a process
/// makes its folder a moment before it locks it.
void remove_abandoned(const std::filesystem::path& base) {
  constexpr auto young = std::chrono::minutes(1);
  for (const std::string& name : list_folder(base)) {
    if (!name.starts_with(temporary_prefix)) continue;
    const auto tree = base / name;
    const int folder = open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0) continue;
    std::error_code failed;
    const auto age = std::filesystem::file_time_type::clock::now() - std::filesystem::last_write_time(tree, failed);
    const bool is_ours = faccessat(folder, temporary_marker, F_OK, 0) == 0;
    if (!failed && is_ours && age > young && flock(folder, LOCK_EX | LOCK_NB) == 0) {
      std::filesystem::remove_all(tree, failed);
    }
    close(folder);
  }
}

/// The folder given, or a temporary one of this object's own. In memory where the system has such a place: its files
/// change many times a second.
class board_folder {
 public:
  explicit board_folder(const std::filesystem::path& wanted, const std::string& board) : is_own_(wanted.empty()) {
    std::error_code failed;
    if (!is_own_) {
      try {
        files::make_folder(wanted);
      } catch (const files::error& problem) {
        throw error(errc::bad_argument, problem.what());
      }
      path_ = std::filesystem::absolute(wanted, failed);
      if (failed) {
        throw error(errc::io, fmt::format("the simulated board's folder {} has no absolute path: {}; name one that has",
                                          wanted.string(), failed.message()));
      }
      return;
    }
    const std::filesystem::path memory = "/dev/shm";
    const auto base = access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path(failed);
    remove_abandoned(base);
    auto pattern = (base / fmt::format("{}{}-XXXXXX", temporary_prefix, board)).string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw error(errc::io, fmt::format("no folder for a simulated board can be made in {}: {}", base.string(),
                                        std::strerror(errno)));
    }
    path_ = pattern;
  }
  ~board_folder() {
    std::error_code ignored;
    if (is_own_) std::filesystem::remove_all(path_, ignored);
  }
  board_folder(const board_folder&) = delete;
  board_folder& operator=(const board_folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Once the tree is made: a folder must be empty for that.
  void mark() const {
    if (is_own_) close(open((path_ / temporary_marker).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  }

 private:
  bool is_own_;
  std::filesystem::path path_;
};

int locked_folder(const std::filesystem::path& folder) {
  const int number = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (number >= 0 && flock(number, LOCK_EX | LOCK_NB) != 0) {
    close(number);
    throw error(errc::bad_argument, fmt::format("{} belongs to a simulated board that is running; give this one "
                                                "another folder",
                                                folder.string()));
  }
  return number;
}

}  // namespace

std::string_view simulated_name(std::string_view board) {
  constexpr std::string_view prefix = "sim:";
  return board.substr(0, prefix.size()) == prefix ? board.substr(prefix.size()) : std::string_view();
}

struct simulated_board::impl {
  explicit impl(const simulated_board_options& options)
      : model(physics::of_board(options.board)),
        folder(options.folder, options.board),
        lock(locked_folder(folder.path()), "opening the simulated board's folder"),
        files(folder.path(), find_board(options.board), model),
        watch(inotify_init1(IN_NONBLOCK | IN_CLOEXEC), "watching the simulated board's files"),
        wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd") {
    folder.mark();
    for (const auto& place : files.knob_folders()) {
      if (inotify_add_watch(watch.get(), place.c_str(), IN_CLOSE_WRITE) < 0) {
        throw error(errc::io, fmt::format("{} cannot be watched: {}", place.string(), std::strerror(errno)));
      }
    }
    take_orders();
    files.show_clocks(state.in_force());
    thread = std::thread([this] { run(); });
  }

  ~impl() {
    {
      const std::lock_guard guard(mutex);
      is_stopping = true;
    }
    poke();
    thread.join();
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  [[nodiscard]] double now() const { return std::chrono::duration<double>(steady::now() - origin).count(); }

  void poke() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake.get(), &one, sizeof one);
  }

  // Below: with the mutex held.

  void take_orders() {
    const auto orders = files.take_orders();
    for (const auto which : all_knobs) state.order(which, orders[which]);
  }

  void catch_up() {
    const auto before = state.in_force();
    state.advance(now());
    if (state.in_force() != before) {
      files.show_clocks(state.in_force());
      changed.notify_all();
    }
  }

  /// When something is to be done without being asked: a clock settles, or the sensors have a new reading. Readings go
  /// on until one has been shown that holds nothing but rest.
  [[nodiscard]] std::optional<double> next_event() const {
    auto next = state.next_settling();
    if (!is_rest_shown) next = std::min(next.value_or(next_reading), next_reading);
    return next;
  }

  void show_readings() {
    const bool was_at_rest = state.busy_seconds() == busy_shown && !state.is_busy();
    files.show_readings(state);
    busy_shown = state.busy_seconds();
    is_rest_shown = was_at_rest;
    next_reading = state.now() + files.reading_interval_seconds();
  }

  void disturb() {
    if (is_rest_shown) {
      // The rest until now is over: the next reading is a mean of what comes, as a real sensor's would be.
      files.show_readings(state);
      is_rest_shown = false;
      next_reading = state.now() + files.reading_interval_seconds();
      poke();
    }
  }

  // The board's own thread.

  void run() {
    while (true) {
      int patience = -1;
      {
        const std::lock_guard guard(mutex);
        if (is_stopping) return;
        catch_up();
        if (!is_rest_shown && state.now() >= next_reading) show_readings();
        if (const auto next = next_event()) {
          patience = std::max(0, static_cast<int>(std::ceil((*next - now()) * 1e3)));
        }
      }
      wait(patience);
    }
  }

  void wait(int milliseconds) {
    std::array<pollfd, 2> waiting{{{watch.get(), POLLIN, 0}, {wake.get(), POLLIN, 0}}};
    if (poll(waiting.data(), waiting.size(), milliseconds) <= 0) return;
    if (waiting[1].revents != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = read(wake.get(), &count, sizeof count);
    }
    if (waiting[0].revents == 0) return;
    std::array<char, 4096> events{};
    while (read(watch.get(), events.data(), events.size()) > 0) {
      // nop: which file it was does not matter, all knobs are read
    }
    const std::lock_guard guard(mutex);
    catch_up();
    take_orders();
    catch_up();
    files.show_clocks(state.in_force());  // a limit may have changed that is not the fastest policy's
    disturb();
  }

  physics model;
  board_folder folder;
  descriptor lock;
  board_files files;
  descriptor watch;
  descriptor wake;
  const steady::time_point origin = steady::now();
  mutable std::mutex mutex;
  std::condition_variable changed;
  board_state state{model, 0.0};
  double began = 0.0;
  bool is_stopping = false;
  bool is_rest_shown = false;
  double next_reading = 0.0;
  double busy_shown = 0.0;
  std::thread thread;
};

simulated_board::simulated_board(const simulated_board_options& options) : impl_(std::make_unique<impl>(options)) {}
simulated_board::~simulated_board() = default;

const std::filesystem::path& simulated_board::root() const { return impl_->folder.path(); }
const physics& simulated_board::model() const { return impl_->model; }

void simulated_board::work_begins(const workload& work) {
  const auto cost = impl_->model.cost_of(work);
  const std::lock_guard guard(impl_->mutex);
  impl_->catch_up();
  impl_->state.begin(cost);
  impl_->began = impl_->state.now();
  impl_->disturb();
}

simulated_board::work_time simulated_board::work_ends() {
  std::unique_lock guard(impl_->mutex);
  impl_->catch_up();
  while (impl_->state.is_busy()) {
    const auto end = impl_->origin + std::chrono::duration_cast<steady::duration>(
                                         std::chrono::duration<double>(impl_->state.end_time()));
    impl_->changed.wait_until(guard, end);
    impl_->catch_up();
  }
  const double end = impl_->state.end_time();
  return {.seconds = end - impl_->began, .overrun_seconds = std::max(0.0, impl_->state.now() - end)};
}

void simulated_board::sent(double seconds) {
  const std::lock_guard guard(impl_->mutex);
  impl_->catch_up();
  impl_->state.sent(seconds);
  impl_->disturb();
}

double simulated_board::joules() const {
  const std::lock_guard guard(impl_->mutex);
  impl_->catch_up();
  return impl_->state.input_joules() + impl_->state.radio_joules();
}

}  // namespace dvfo::device::simulated
