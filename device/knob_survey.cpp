#include "device/knob_survey.hpp"

#include "device/clock_unit.hpp"
#include "device/gpu_device.hpp"

namespace dvfo::device {
namespace {

knob_capability look_at_gpu(const board_identity& board) {
  // find_gpu writes nothing where devfreq lists the GPU, nor on a PC.
  if (board.profile->chip == soc::other || !find_gpu_device(board.root).empty()) return find_gpu(board).capability;
  knob_capability asleep;
  asleep.where = "/sys/class/devfreq/*";
  asleep.reason = "the kernel lists no GPU there: it was not powered since the board started, or has no driver";
  asleep.remedy =
      "run anything on the GPU once, or start dvfo-edge as root with --clocks other than keep: it powers the GPU for "
      "an instant";
  return asleep;
}

}  // namespace

std::array<knob_capability, all_knobs.size()> survey_knobs(const board_identity& board) {
  return {find_cpu(board).capability, look_at_gpu(board), find_memory(board).capability};
}

}  // namespace dvfo::device
