#include "cli/commands/bench_cases.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "cloud_node/cloud_node.hpp"
#include "edge_node/edge_node.hpp"
#include "edge_node/report.hpp"
#include "edge_node/source.hpp"
#include "edge_node/stream.hpp"
#include "evaluation/percentile.hpp"
#include "files/place.hpp"
#include "files/reading.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"
#include "launcher/node_processes.hpp"

namespace dvfo::cli {
namespace {

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point start) { return std::chrono::duration<double>(steady::now() - start).count(); }

// Value of a "name : value" line of a /proc file; empty if there is none.
std::string proc_field(const char* file, const std::string& name) {
  if (!files::is_file(file)) return {};
  const auto text = files::read_text(file);
  for (const auto& line : files::lines_of(text)) {
    if (!line.text.starts_with(name)) continue;
    const auto start = line.text.find_first_not_of(" \t:", name.size());
    return start == std::string_view::npos ? std::string() : std::string(line.text.substr(start));
  }
  return {};
}

// Processor time that a process has used, in seconds: fields 14 and 15 of /proc/PID/stat (man 5 proc).
double processor_seconds(pid_t process) {
  const auto line = files::read_text(fmt::format("/proc/{}/stat", process));
  const auto after_name = line.rfind(')');
  if (after_name == std::string::npos) throw std::runtime_error(fmt::format("process {} has ended", process));
  std::istringstream rest(line.substr(after_name + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  double user = 0.0;
  double system = 0.0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// The same tasks for both ways: requests with encoded frames, and the feature maps that they decode to.
struct cloud_work {
  std::vector<messages::infer_request> requests;
  std::vector<std::vector<float>> features;
};

cloud_work prepare_work(const inference::model_bundle& bundle, const std::string& input, std::size_t count) {
  constexpr double share = 0.5;
  const auto source = edge_node::open_source(input, bundle.manifest());
  inference::edge_model model(bundle);
  const auto& format = bundle.manifest().format;
  cloud_work work;
  std::vector<std::byte> frame;
  for (std::size_t i = 0; i < count; ++i) {
    const auto extraction = model.extract(*source->at(i % source->size()).input);
    const auto split = inference::split_channels(extraction.importance, share);
    inference::encode_features(format, extraction.features.values(), split.secondary, frame);
    auto& decoded = work.features.emplace_back(extraction.features.values().size());
    inference::decode_features(format, frame, decoded);
    auto& request = work.requests.emplace_back();
    request.task_id = i;
    request.bundle_id = bundle.manifest().id;
    request.share = share;
    request.budget_seconds = 3600.0;
    request.frame.assign(reinterpret_cast<const char*>(frame.data()), frame.size());
  }
  return work;
}

// A bounded number of requests in flight, and how long `measured` of them took in the midst of others: filling and
// emptying the node, whose last batch waits for company, is no throughput. Shared with the callbacks, the last of which
// may still be returning when the waiting thread goes on.
struct cloud_drive : std::enable_shared_from_this<cloud_drive> {
  cloud_node::cloud_node& node;
  const cloud_work& work;
  const std::size_t around;  ///< answers before those that are measured, and after them
  const std::size_t measured;
  std::atomic<std::size_t> started = 0;
  std::atomic<std::size_t> answered = 0;
  std::atomic<std::size_t> refused = 0;
  std::promise<steady::time_point> began;
  std::promise<steady::time_point> ended;
  std::promise<void> finished;

  cloud_drive(cloud_node::cloud_node& driven, const cloud_work& requests, std::size_t lead, std::size_t count)
      : node(driven), work(requests), around(lead), measured(count) {}

  [[nodiscard]] std::size_t total() const { return measured + 2 * around; }

  void send_next() {
    const auto mine = started.fetch_add(1);
    if (mine >= total()) return;
    node.infer(work.requests[mine % work.requests.size()],
               [self = shared_from_this()](const messages::infer_reply& reply) { self->take(reply); });
  }

  void take(const messages::infer_reply& reply) {
    if (reply.code != messages::reply_code::ok) ++refused;
    send_next();
    const auto count = answered.fetch_add(1) + 1;
    if (count == around) began.set_value(steady::now());
    if (count == around + measured) ended.set_value(steady::now());
    if (count == total()) finished.set_value();
  }
};

double seconds_through_actors(cloud_node::cloud_node& node, const cloud_work& work, std::size_t repeats,
                              std::size_t batch) {
  // Three batches: one computing, one ready, one filling.
  const std::size_t in_flight = 3 * batch;
  const auto drive = std::make_shared<cloud_drive>(node, work, in_flight, repeats * work.requests.size());
  for (std::size_t i = 0; i < in_flight; ++i) drive->send_next();
  drive->finished.get_future().wait();
  if (drive->refused > 0) {
    throw std::runtime_error(fmt::format("the cloud refused {} of {} requests", drive->refused.load(), drive->total()));
  }
  return std::chrono::duration<double>(drive->ended.get_future().get() - drive->began.get_future().get()).count();
}

double seconds_bare(inference::cloud_model& model, const cloud_work& work, std::size_t repeats, std::size_t batch) {
  const std::span<const std::vector<float>> all(work.features);
  const auto start = steady::now();
  for (std::size_t r = 0; r < repeats; ++r) {
    for (std::size_t first = 0; first < all.size(); first += batch) {
      const auto logits = model.infer_remote(all.subspan(first, batch), 0.5);
      if (logits.size() != batch) throw std::runtime_error("the model answered fewer images than it was given");
    }
  }
  return seconds_since(start);
}

}  // namespace

machine_description describe_machine() {
  machine_description machine;
  machine.processor = proc_field("/proc/cpuinfo", "model name");
  cpu_set_t usable;
  CPU_ZERO(&usable);
  sched_getaffinity(0, sizeof(usable), &usable);
  machine.cores = static_cast<unsigned>(CPU_COUNT(&usable));
  const auto memory = proc_field("/proc/meminfo", "MemTotal");
  machine.memory_gib = memory.empty() ? 0.0 : std::strtod(memory.c_str(), nullptr) / (1024.0 * 1024.0);
  utsname kernel{};
  if (uname(&kernel) == 0) machine.system = fmt::format("{} {} {}", kernel.sysname, kernel.release, kernel.machine);
  machine.compiler = fmt::format("{} {}", DVFO_COMPILER, __VERSION__);
  machine.libtorch = DVFO_TORCH_VERSION;
  return machine;
}

run_figures measure_in_process(const std::string& bundle, double share, const std::string& input, std::size_t tasks) {
  edge_node::settings settings;
  settings.bundle = bundle;
  settings.share = share;
  settings.cloud = "inproc";
  edge_node::edge_node node(settings);
  const auto source = edge_node::open_source(input, node.manifest());
  edge_node::stream_options how;
  how.tasks = tasks;
  how.warm_up = 10;
  how.deadline_seconds = settings.deadline_ms / 1e3;
  run_figures figures;
  const std::atomic<bool> never = false;
  edge_node::stream(
      node, *source, how, [&](const edge_node::task_report& report) { figures.add(report); }, never);
  return figures;
}

run_figures measure_loopback(const std::string& bundle, double share, const std::string& input, std::size_t tasks) {
  const auto cloud = launcher::start_cloud({.bundle = bundle});
  run_figures figures;
  launcher::run_edge({bundle, cloud.address, input, tasks, {"--share", fmt::format("{}", share), "--board", "none"}},
                     [&](const std::string& line) { figures.add(edge_node::read_report(line)); });
  return figures;
}

double measure_switches(const std::string& bundle, double share, const std::string& input, std::size_t tasks) {
  std::optional<launcher::cloud_process> cloud;
  if (share > 0.0) cloud = launcher::start_cloud({.bundle = bundle});
  auto edge = launcher::start_edge({.bundle = bundle,
                                    .cloud = cloud ? cloud->address : "none",
                                    .more = {"--share", fmt::format("{}", share), "--board", "none", "--input", input,
                                             "--tasks", std::to_string(tasks)}});
  if (const int code = edge.wait(); code != 0) {
    throw std::runtime_error(fmt::format("dvfo-edge ended with exit code {}", code));
  }
  return static_cast<double>(edge.voluntary_switches()) / static_cast<double>(tasks);
}

double measure_idle_percent(const std::string& bundle, double seconds) {
  const auto cloud = launcher::start_cloud({.bundle = bundle});
  auto edge = launcher::start_edge({.bundle = bundle, .cloud = cloud.address});
  // At rest: it used no processor time for a whole second (loading the model and connecting are over).
  const auto one_second = std::chrono::seconds(1);
  double before = -1.0;
  for (double now = processor_seconds(edge.id()); now - before > 0.015 || now == 0.0;
       now = processor_seconds(edge.id())) {
    before = now;
    std::this_thread::sleep_for(one_second);
  }
  before = processor_seconds(edge.id());
  const auto start = steady::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const auto used = processor_seconds(edge.id()) - before;
  const auto percent = 100.0 * used / seconds_since(start);
  edge.signal(SIGTERM);
  edge.wait();
  return percent;
}

cloud_throughput measure_cloud(const std::string& bundle, const std::string& input, std::size_t batch, int threads,
                               int rounds) {
  cloud_node::settings settings;
  settings.bundle = bundle;
  settings.threads = threads;
  settings.serving.max_batch = static_cast<std::int64_t>(batch);
  settings.serving.max_batch_delay_ms = 50.0;  // full batches, as the bare loop has
  cloud_node::cloud_node node(settings);
  const auto loaded = inference::model_bundle::load(bundle);
  const auto work = prepare_work(loaded, input, 4 * batch);
  inference::cloud_model model(loaded);

  // Both warm, and about half a second a round.
  seconds_through_actors(node, work, 1, batch);
  seconds_bare(model, work, 1, batch);
  const auto once = seconds_bare(model, work, 1, batch);
  const auto repeats = static_cast<std::size_t>(std::clamp(0.5 / once, 1.0, 1000.0));
  const auto images = static_cast<double>(repeats * work.requests.size());
  std::vector<double> through_actors;
  std::vector<double> bare;
  std::vector<double> ratios;
  for (int r = 0; r < rounds; ++r) {
    bare.push_back(images / seconds_bare(model, work, repeats, batch));
    through_actors.push_back(images / seconds_through_actors(node, work, repeats, batch));
    ratios.push_back(through_actors.back() / bare.back());
  }
  return {batch, evaluation::percentile(through_actors, 0.5), evaluation::percentile(bare, 0.5),
          100.0 * evaluation::percentile(ratios, 0.5)};
}

}  // namespace dvfo::cli
