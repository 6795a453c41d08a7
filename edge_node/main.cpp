#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "configuration/address.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/program.hpp"
#include "configuration/signals.hpp"
#include "edge_node/edge_node.hpp"
#include "edge_node/metrics.hpp"
#include "edge_node/paced_writer.hpp"
#include "edge_node/report.hpp"
#include "edge_node/source.hpp"
#include "edge_node/stream.hpp"
#include "edge_node/task_lines.hpp"
#include "files/standard_streams.hpp"
#include "inference/model.hpp"

namespace {

namespace configuration = dvfo::configuration;
namespace edge = dvfo::edge_node;

constexpr const char* description =
    "Edge node of DVFO: classifies images together with a cloud node.\n\n"
    "With --input it streams the images there and ends; without, it connects, prints 'ready' and stays idle until a\n"
    "signal. SIGINT or SIGTERM finishes what is in flight, then ends; a second one ends at once.\n\n"
    "Examples:\n"
    "  dvfo-edge --bundle cifar100 --cloud 127.0.0.1:7070 --share 0.5 --input ./photos --json results.jsonl\n"
    "  dvfo-edge --bundle procedural --cloud none --share 0 --input procedural --tasks 200\n"
    "  dvfo-edge --scheme dvfo --eta 0.5 --board sim:jetson-xavier-nx --cloud 127.0.0.1:7070 --input ./photos\n"
    "  DVFO_EDGE_SHARE=0.25 dvfo-edge --config /etc/dvfo/edge.toml\n";

// What the daemon has beside the node's own settings.
struct daemon_settings {
  std::string input;
  std::string json;
  std::string metrics;
  edge::stream_options stream = {.warm_up = 3};  // enough for caches and memory; the deadline is the node's own
  pid_t parent = 0;
  std::string log_level = "info";
};

void declare(configuration::settings_table& table, daemon_settings& values) {
  table
      .text("input", values.input, "PLACE",
            "'procedural', a data set's folder (its test part), a folder of pictures, or one picture")
      .text("json", values.json, "FILE", "one JSON line a task; '-' is standard output")
      .text(
          "metrics", values.metrics, "FILE",
          "counters of decisions and tasks, and the link, as Prometheus text: at the start and, no oftener than every "
          "second, when one changes; for node_exporter's textfile collector")
      .integer("tasks", values.stream.tasks, {0, 1'000'000'000}, "N",
               "tasks to run, starting over at the end; 0: the input once")
      .integer("in-flight", values.stream.in_flight, {1, edge::edge_node::max_tasks_in_flight}, "N",
               "tasks in the node at a time")
      .integer("warm-up", values.stream.warm_up, {0, 1000}, "N", "tasks that run first and are not told of");
  configuration::add_log_level(table, values.log_level);
  configuration::add_parent(table, values.parent);
}

void warn(const std::string& what) { spdlog::warn("{}", what); }

/// Keeps the file of counters as they are: written at the start, and no oftener than every second when one changes.
class metrics_writer {
 public:
  /// Nothing is written where `file` is null.
  metrics_writer(edge::metrics_file* file, edge::edge_node& node) : file_(file), node_(&node) {
    if (file_ == nullptr) return;
    write();
    pace_.emplace([this] { write(); }, std::chrono::seconds(1));
    node_->watch_link([this](bool) { pace_->changed(); });
    pace_->changed();  // the link may have come before the watcher
  }
  ~metrics_writer() {
    if (!pace_) return;
    node_->watch_link({});
    pace_->changed();  // decisions are counted elsewhere: one last look at them
  }
  metrics_writer(const metrics_writer&) = delete;
  metrics_writer& operator=(const metrics_writer&) = delete;

  void count(const edge::task_counts& totals) {
    if (!pace_) return;
    {
      const std::lock_guard lock(mutex_);
      totals_ = totals;
    }
    pace_->changed();
  }

 private:
  void write() {
    edge::task_counts totals;
    {
      const std::lock_guard lock(mutex_);
      totals = totals_;
    }
    auto text = edge::to_prometheus(node_->decisions(), totals, node_->link_up());
    if (text == written_) return;
    if (file_->write(text)) written_ = std::move(text);
  }

  edge::metrics_file* file_;
  edge::edge_node* node_;
  std::mutex mutex_;
  edge::task_counts totals_;
  std::string written_;
  std::optional<edge::paced_writer> pace_;  // ends first: it writes all of these
};

/// Files beside the node that are written while it runs. Opened before it, so that a wrong name costs no time.
struct output_files {
  explicit output_files(const daemon_settings& daemon) : lines(daemon.json) {
    if (daemon.metrics.empty()) return;
    metrics.emplace(daemon.metrics, warn);
  }
  edge::task_lines lines;
  std::optional<edge::metrics_file> metrics;
};

int stream_input(edge::edge_node& node, const edge::settings& settings, const daemon_settings& daemon,
                 output_files& files, const std::atomic<bool>& stop) {
  const auto source = edge::open_source(daemon.input, node.manifest(), warn);
  auto how = daemon.stream;
  how.deadline_seconds = settings.deadline_ms / 1e3;
  metrics_writer metrics(files.metrics ? &*files.metrics : nullptr, node);
  edge::summary so_far;
  const auto totals = edge::stream(
      node, *source, how,
      [&](const edge::task_report& report) {
        if (!report.ok()) spdlog::error("{}", edge::failure_text(report));
        files.lines.write(report);
        so_far.add(report);
        metrics.count(so_far);
      },
      stop);
  dvfo::files::tell(fmt::format("{}\n{}\n", edge::to_text(totals), edge::to_text(node.decisions())));
  return totals.failed == 0 ? configuration::exit_success : configuration::exit_failure;
}

int run(int argc, const char* const* argv) {
  dvfo::inference::prepare_for_single_images();
  std::atomic<bool> stop = false;
  std::promise<void> stopped;
  configuration::stop_signals signals;  // its thread uses the two above: they outlive it
  edge::settings settings;
  daemon_settings daemon;
  configuration::settings_table table;
  edge::declare(table, settings);
  declare(table, daemon);

  CLI::App app(description, "dvfo-edge");
  app.set_version_flag("--version", configuration::version_text("dvfo-edge"));
  app.footer(configuration::exit_code_help);
  table.attach(app);
  if (const auto code = configuration::parse_command_line(app, argc, argv)) return *code;
  table.settle();
  configuration::start_log("dvfo-edge", daemon.log_level);
  if (daemon.parent > 0) configuration::stop_with_parent(daemon.parent);

  signals.listen([&](int number) {
    spdlog::info("signal {}: finishing what is in flight", number);
    stop = true;
    stopped.set_value();
  });
  output_files outputs(daemon);
  edge::edge_node node(settings);
  const auto cloud = node.wait_for_cloud();
  if (cloud.refused) throw configuration::network_error(fmt::format("--cloud {}: {}", settings.cloud, cloud.reason));
  if (cloud.wanted && !cloud.up)
    spdlog::warn("no cloud yet ({}): tasks run on the edge until it is there", cloud.reason);

  if (!daemon.input.empty()) return stream_input(node, settings, daemon, outputs, stop);
  metrics_writer metrics(outputs.metrics ? &*outputs.metrics : nullptr, node);
  spdlog::info("ready with bundle {}", node.manifest().name);
  dvfo::files::print("ready\n");
  stopped.get_future().wait();
  return configuration::exit_success;
}

}  // namespace

int main(int argc, char** argv) {
  return configuration::run_guarded("dvfo-edge", [&] { return run(argc, argv); });
}
