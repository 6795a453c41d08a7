#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/frequency_control.hpp"
#include "device/saved_state.hpp"
#include "device/text_file.hpp"

/// The files behind the knobs. Inside this room only; the rest of the project uses frequency_control.
namespace dvfo::device {

/// A file that did not do what it was asked for.
struct file_failure {
  file_fault fault = file_fault::none;
  std::filesystem::path file;
  std::string found;
  std::string expected = {};  ///< as in describe() of text_file

  explicit operator bool() const { return fault != file_fault::none; }
};

inline std::string describe(const file_failure& failure) {
  return describe(failure.file, failure.fault, failure.found, failure.expected);
}

/// Something whose clock is pinned by itself: one CPU policy, the GPU, the memory. It keeps paths, operating points and
/// the cap as found, and nothing of what was ordered. Not thread-safe.
class clock_unit {
 public:
  clock_unit(std::filesystem::path root, std::string name, std::vector<double> points)
      : root_(std::move(root)), name_(std::move(name)), points_(std::move(points)) {}
  virtual ~clock_unit() = default;
  clock_unit(const clock_unit&) = delete;
  clock_unit& operator=(const clock_unit&) = delete;

  /// "policy0", "gpu", "memory".
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Operating points in hertz, ascending, never empty.
  [[nodiscard]] const std::vector<double>& points() const { return points_; }

  /// The limit that a power mode or the firmware sets now; absent if all points are allowed.
  [[nodiscard]] virtual std::optional<double> cap_hz() const = 0;

  /// Takes the limits that stand in the files now as the ones of the power mode.
  virtual void adopt_limits() {}

  /// The clock now.
  [[nodiscard]] virtual reading<double> current_hz() const = 0;

  /// Whether the files still say that the clock is pinned at this point.
  [[nodiscard]] virtual bool is_pinned(double hz) const = 0;

  /// How long after pin() the files must still say so before it is believed.
  [[nodiscard]] virtual std::chrono::microseconds proof_time() const { return std::chrono::microseconds(0); }

  /// What the files say the clock is held at.
  [[nodiscard]] virtual std::optional<double> held_hz() const = 0;

  /// Pins the clock at one of points(). Does not wait.
  virtual file_failure pin(double hz) = 0;

  /// The writes, in this order, that bring back what stands in the files now.
  virtual file_failure snapshot(std::vector<saved_write>& writes) const = 0;

  /// The limits that no longer hold what pin(hz) wrote, with what stands there now.
  [[nodiscard]] virtual std::vector<saved_write> rewritten(double) const { return {}; }

  /// Why the unit may not be written; no fault if it may.
  [[nodiscard]] virtual file_failure forbidden() const = 0;

 protected:
  [[nodiscard]] std::filesystem::path at(std::string_view file) const { return below(root_, file); }
  [[nodiscard]] file_failure write(const std::string& file, std::int64_t value) const;
  [[nodiscard]] file_failure save(const std::string& file, std::vector<saved_write>& writes) const;
  [[nodiscard]] file_failure check_writable(const std::string& file) const;

 private:
  std::filesystem::path root_;
  std::string name_;
  std::vector<double> points_;
};

/// A unit with a lower and an upper limit: cpufreq policies and devfreq devices.
///
/// It is pinned by min = max under whatever governor is in force, which is left alone. nvpmodel and NVIDIA's
/// jetson_clocks pin that way on every board; every governor obeys the limits, `userspace` included; intel_pstate and
/// amd_pstate in active mode have no `userspace`; and scaling_setspeed is clipped by the same two files, so that
/// switching the governor would only add a second thing that another process can overwrite and that must be put back.
class range_unit : public clock_unit {
 public:
  struct files {
    std::string min, max, current;
    std::string railgate;    ///< "" where there is none; 0 keeps the unit powered
    double unit_hz = 1.0;    ///< of the numbers in the files
    std::string firm_limit;  ///< a read-only limit of the firmware (bios_limit), "" where there is none
  };
  range_unit(std::filesystem::path root, std::string name, std::vector<double> points, files where);

  [[nodiscard]] std::optional<double> cap_hz() const override { return cap_hz_; }
  void adopt_limits() override;
  [[nodiscard]] reading<double> current_hz() const override;
  [[nodiscard]] bool is_pinned(double hz) const override;
  [[nodiscard]] std::optional<double> held_hz() const override;
  file_failure pin(double hz) override;
  file_failure snapshot(std::vector<saved_write>& writes) const override;
  [[nodiscard]] std::vector<saved_write> rewritten(double hz) const override;
  [[nodiscard]] file_failure forbidden() const override;

 private:
  [[nodiscard]] std::int64_t number(double hz) const;
  [[nodiscard]] bool is_powered() const;

  files files_;
  std::optional<double> cap_hz_;
};

/// What was found for a knob.
struct found_knob {
  knob_capability capability;
  std::vector<std::unique_ptr<clock_unit>> units;  ///< empty unless present
};

/// One unit a cpufreq policy with a CPU online. Never throws.
found_knob find_cpu(const board_identity& board);

/// Names of the policies that find_cpu would take now.
std::vector<std::string> online_policies(const board_identity& board);

/// The devfreq device of the integrated GPU. Never throws. Powers the GPU for an instant where the kernel makes the
/// device only then (JetPack 5 after boot).
found_knob find_gpu(const board_identity& board);

/// The external memory controller by the ways of the board's SoC. Never throws.
found_knob find_memory(const board_identity& board);

/// Fills in points, cap and permission from the units.
void describe_units(found_knob& found);

/// Sorted, without repetition and without what is not positive.
std::vector<double> as_points(const std::vector<std::int64_t>& numbers, double unit_hz);

/// Those of `points` within [low, high] up to rounding.
std::vector<double> points_within(const std::vector<double>& points, double low, double high);

/// Whether a clock that reads `measured` stands at `point`: no other operating point is nearer. Some kernels report a
/// measured clock that is a little off.
bool is_at_point(const std::vector<double>& points, double measured, double point);

/// What to do about a file that this process may not write.
inline constexpr std::string_view permission_remedy =
    "run as root; in a container also privileged, with /sys (and /sys/kernel/debug) mounted read-write";

}  // namespace dvfo::device
