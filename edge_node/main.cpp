#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <future>
#include <iostream>
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
  std::int64_t tasks = 0;
  std::int64_t in_flight = 1;
  std::int64_t warm_up = 3;
  std::int64_t parent = 0;
  std::string log_level = "info";
};

void declare(configuration::settings_table& table, daemon_settings& values) {
  table.text("input", values.input, "PLACE", "'procedural', a data set's folder (its test part) or a folder of images")
      .text("json", values.json, "FILE", "one JSON line a task; '-' is standard output")
      .text(
          "metrics", values.metrics, "FILE",
          "counters of decisions and tasks, and the link, as Prometheus text: at the start and, no oftener than every "
          "second, when one changes; for node_exporter's textfile collector")
      .integer("tasks", values.tasks, {0, 1'000'000'000}, "N",
               "tasks to run, starting over at the end; 0: the input once")
      .integer("in-flight", values.in_flight, {1, edge::edge_node::max_tasks_in_flight}, "N",
               "tasks in the node at a time")
      .integer("warm-up", values.warm_up, {0, 1000}, "N", "tasks that run first and are not told of");
  configuration::add_log_level(table, values.log_level);
  configuration::add_parent(table, values.parent);
}

// Opens the file of JSON lines; nothing if none is wanted, standard output for "-".
class line_writer {
 public:
  explicit line_writer(const std::string& where) {
    if (where.empty()) return;
    out_ = &std::cout;
    if (where == "-") return;
    file_.open(where, std::ios::trunc);
    if (!file_)
      throw configuration::usage_error(
          fmt::format("--json {}: the file cannot be written; name a file in an existing folder", where));
    out_ = &file_;
  }
  void write(const edge::task_report& report) {
    if (out_ == nullptr) return;
    *out_ << edge::to_line(report) << '\n' << std::flush;
    if (!*out_)
      throw std::runtime_error("the JSON lines cannot be written any more: the disk is full or the reader has gone");
  }

 private:
  std::ofstream file_;
  std::ostream* out_ = nullptr;
};

/// Keeps the file of counters as they are: written at the start, and no oftener than every second when one changes.
class metrics_writer {
 public:
  /// Throws std::runtime_error when the file cannot be written now; a later failure is told once, and the node goes on.
  metrics_writer(std::string file, edge::edge_node& node) : file_(std::move(file)), node_(&node) {
    if (file_.empty()) return;
    write();
    pace_.emplace([this] { write_or_warn(); }, std::chrono::seconds(1));
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
    edge::write_prometheus(file_, text);
    written_ = std::move(text);
  }
  void write_or_warn() {
    try {
      write();
    } catch (const std::runtime_error& problem) {
      if (!std::exchange(has_failed_, true)) spdlog::warn("{}", problem.what());
    }
  }

  std::string file_;
  edge::edge_node* node_;
  std::mutex mutex_;
  edge::task_counts totals_;
  std::string written_;
  bool has_failed_ = false;
  std::optional<edge::paced_writer> pace_;  // ends first: it writes all of these
};

int stream_input(edge::edge_node& node, const edge::settings& settings, const daemon_settings& daemon,
                 metrics_writer& metrics, const std::atomic<bool>& stop) {
  const auto source = edge::open_source(daemon.input, node.manifest());
  line_writer lines(daemon.json);
  edge::stream_options how;
  how.tasks = static_cast<std::size_t>(daemon.tasks);
  how.in_flight = static_cast<std::size_t>(daemon.in_flight);
  how.warm_up = static_cast<std::size_t>(daemon.warm_up);
  how.deadline_seconds = settings.deadline_ms / 1e3;
  edge::summary so_far;
  const auto totals = edge::stream(
      node, *source, how,
      [&](const edge::task_report& report) {
        if (!report.ok()) spdlog::error("{}", edge::failure_text(report));
        lines.write(report);
        so_far.add(report);
        metrics.count(so_far);
      },
      stop);
  fmt::print(stderr, "{}\n{}\n", edge::to_text(totals), edge::to_text(node.decisions()));
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
  if (daemon.parent > 0) configuration::stop_with_parent(static_cast<pid_t>(daemon.parent));

  signals.listen([&](int number) {
    spdlog::info("signal {}: finishing what is in flight", number);
    stop = true;
    stopped.set_value();
  });
  edge::edge_node node(settings);
  const auto cloud = node.wait_for_cloud();
  if (cloud.refused) throw configuration::network_error(fmt::format("--cloud {}: {}", settings.cloud, cloud.reason));
  if (cloud.wanted && !cloud.up)
    spdlog::warn("no cloud yet ({}): tasks run on the edge until it is there", cloud.reason);

  metrics_writer metrics(daemon.metrics, node);
  if (!daemon.input.empty()) return stream_input(node, settings, daemon, metrics, stop);
  spdlog::info("ready with bundle {}", node.manifest().name);
  fmt::print("ready\n");
  std::fflush(stdout);
  stopped.get_future().wait();
  return configuration::exit_success;
}

}  // namespace

int main(int argc, char** argv) {
  return configuration::run_guarded("dvfo-edge", [&] { return run(argc, argv); });
}
