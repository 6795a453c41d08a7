#include "policy/agent/policy_bundle.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <bit>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "files/error.hpp"
#include "files/output.hpp"
#include "files/place.hpp"
#include "files/reading.hpp"
#include "policy/agent/observation.hpp"

namespace dvfo::policy {
namespace {

constexpr std::int64_t format_version = 1;
constexpr std::int64_t most_levels = 1000;
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", file.string(), what));
}

template <class T>
T get(const std::filesystem::path& file, const toml::table& in, const char* key) {
  if (const auto value = in[key].value<T>()) return *value;
  fail(file, fmt::format("\"{}\" is missing or of another type; write the bundle anew with dvfo train policy", key));
}

std::int64_t integer(const std::filesystem::path& file, const toml::table& in, const char* key, std::int64_t lowest,
                     std::int64_t highest) {
  const auto value = get<std::int64_t>(file, in, key);
  if (value < lowest || value > highest) {
    fail(file, fmt::format("\"{}\" is {}, expected {} to {}", key, value, lowest, highest));
  }
  return value;
}

std::vector<std::string> texts(const std::filesystem::path& file, const toml::table& in, const char* key) {
  std::vector<std::string> out;
  const auto* list = in[key].as_array();
  if (list == nullptr || list->empty()) fail(file, fmt::format("\"{}\" is no list of names", key));
  for (const auto& each : *list) {
    const auto text = each.value<std::string>();
    if (!text) fail(file, fmt::format("\"{}\" holds something that is no name", key));
    out.push_back(*text);
  }
  return out;
}

toml::array to_array(const std::vector<std::string>& names) {
  toml::array out;
  for (const auto& name : names) out.push_back(name);
  return out;
}

/// FNV-1a: tells weights of another training from these, no more is asked of it.
std::string id_of(const std::string& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return fmt::format("{:016x}", hash);
}

/// Weights as little-endian 32-bit floats, whatever the machine.
std::string to_bytes(std::span<const float> values) {
  std::string out;
  out.reserve(4 * values.size());
  for (const float value : values) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(bits >> shift & 0xffU));
  }
  return out;
}

void from_bytes(const std::string& bytes, std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint32_t bits = 0;
    for (std::size_t b = 0; b < 4; ++b) {
      bits |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[4 * i + b])) << (8 * b);
    }
    values[i] = std::bit_cast<float>(bits);
  }
}

toml::table parsed(const std::filesystem::path& file) {
  try {
    return toml::parse(files::read_text(file), file.string());
  } catch (const files::error& problem) {
    throw std::runtime_error(
        fmt::format("{}; a policy bundle is a folder with manifest.toml and weights.bin", problem.what()));
  } catch (const toml::parse_error& e) {
    fail(file, fmt::format("line {}: {}; expected TOML", e.source().begin.line, e.description()));
  }
}

q_network read_network(const std::filesystem::path& file, const q_shape& shape, const std::string& id) {
  q_network network(shape, 0);
  const auto bytes = files::read_whole(file, files::longest_data);
  if (bytes.size() != 4 * network.parameters().size()) {
    fail(file,
         fmt::format("has {} bytes, the manifest's network has {}", bytes.size(), 4 * network.parameters().size()));
  }
  if (id_of(bytes) != id) {
    fail(file, fmt::format("its id is {}, the manifest's {}: they are not of the same training", id_of(bytes), id));
  }
  from_bytes(bytes, network.parameters());
  return network;
}

constexpr files::kind manifest_file{"the manifest of a policy", [](std::string_view head) {
                                      return head.starts_with("# Written by `dvfo train policy`");
                                    }};

/// Plain numbers say nothing of whose they are: the manifest beside them does.
const files::kind& weights_file(const std::filesystem::path& folder) {
  static constexpr files::kind ours{"the weights of a policy", [](std::string_view) { return true; }};
  static constexpr files::kind of_others{"the weights of a policy", [](std::string_view) { return false; }};
  return files::holds(folder / "manifest.toml", manifest_file) ? ours : of_others;
}

}  // namespace

void check_place(const std::filesystem::path& folder) {
  files::make_folder(folder);
  files::check_output(folder / "manifest.toml", manifest_file);
  files::check_output(folder / "weights.bin", weights_file(folder));
}

void save(const policy_bundle& bundle, const std::filesystem::path& folder) {
  check_place(folder);
  const auto bytes = to_bytes(bundle.network.parameters());
  toml::array hidden;
  for (const int size : bundle.network.shape().hidden) hidden.push_back(size);
  toml::array sizes;
  for (const int size : bundle.sizes) sizes.push_back(size);
  const toml::table document{{"format_version", format_version},
                             {"name", bundle.name},
                             {"thinking", bundle.how == thinking::concurrent ? "concurrent" : "blocking"},
                             {"levels", sizes},
                             {"outputs", to_string(bundle.form)},
                             {"hidden", hidden},
                             {"observation_version", observation_version},
                             {"observation", to_array(observer::names())},
                             {"boards", to_array(bundle.boards)},
                             {"networks", to_array(bundle.networks)},
                             {"recipe", bundle.recipe},
                             {"seed", static_cast<std::int64_t>(bundle.seed)},
                             {"tasks", bundle.tasks},
                             {"gradient_steps", bundle.steps},
                             {"mean_regret_percent", 1e2 * bundle.mean_regret},
                             {"worst_regret_percent", 1e2 * bundle.worst_regret},
                             {"weights_id", id_of(bytes)}};
  const auto& weights = weights_file(folder);
  std::ostringstream text;
  text << "# Written by `dvfo train policy`. Levels are of CPU, GPU, memory clock and share; weights.bin holds the\n"
          "# network's parameters as little-endian 32-bit floats, layer by layer. See docs/policy.md.\n"
       << document << '\n';
  // The manifest first: a kill between the two leaves weights that the next save knows for a policy's.
  files::write_whole(folder / "manifest.toml", text.str(), manifest_file);
  files::write_whole(folder / "weights.bin", bytes, weights);
}

policy_bundle load_policy(const std::filesystem::path& folder) {
  const auto file = folder / "manifest.toml";
  const auto in = parsed(file);
  integer(file, in, "format_version", format_version, format_version);
  if (integer(file, in, "observation_version", 0, most) != observation_version ||
      texts(file, in, "observation") != observer::names()) {
    fail(file, fmt::format("the policy was trained for another observation than version {} of this program; train it "
                           "anew with dvfo train policy",
                           observation_version));
  }
  policy_bundle out;
  out.name = get<std::string>(file, in, "name");
  const auto how = get<std::string>(file, in, "thinking");
  if (how != "concurrent" && how != "blocking") {
    fail(file, fmt::format("\"thinking\" is \"{}\", expected \"concurrent\" or \"blocking\"", how));
  }
  out.how = how == "concurrent" ? thinking::concurrent : thinking::blocking;
  const auto whole_numbers = [&](const char* key) {
    std::vector<int> numbers;
    const auto* list = in[key].as_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const auto number = (*list)[i].value<std::int64_t>().value_or(0);
      if (number < 1 || number > most_levels) break;
      numbers.push_back(static_cast<int>(number));
    }
    if (numbers.empty() || numbers.size() != list->size()) {
      fail(file, fmt::format("\"{}\" is no list of whole numbers from 1 to {}", key, most_levels));
    }
    return numbers;
  };
  const auto sizes = whole_numbers("levels");
  if (sizes.size() != knob_count) fail(file, fmt::format("\"levels\" has {} numbers, expected 4", sizes.size()));
  std::copy(sizes.begin(), sizes.end(), out.sizes.begin());
  out.boards = texts(file, in, "boards");
  out.networks = texts(file, in, "networks");
  out.recipe = get<std::string>(file, in, "recipe");
  out.seed = static_cast<std::uint64_t>(integer(file, in, "seed", 0, most));
  out.tasks = integer(file, in, "tasks", 0, most);
  out.steps = integer(file, in, "gradient_steps", 0, most);
  out.mean_regret = get<double>(file, in, "mean_regret_percent") / 1e2;
  out.worst_regret = get<double>(file, in, "worst_regret_percent") / 1e2;
  try {
    out.form = output_form_of(get<std::string>(file, in, "outputs"));
    const q_shape shape{.inputs = observer::size(),
                        .hidden = whole_numbers("hidden"),
                        .outputs = action_space(out.sizes, out.form).outputs()};
    out.network = read_network(folder / "weights.bin", shape, get<std::string>(file, in, "weights_id"));
  } catch (const std::invalid_argument& problem) {
    fail(file, problem.what());
  }
  return out;
}

bool is_trained_for(const policy_bundle& bundle, const std::string& board, const std::string& network) {
  const auto has = [](const std::vector<std::string>& names, const std::string& one) {
    return std::find(names.begin(), names.end(), one) != names.end();
  };
  return has(bundle.boards, board) && has(bundle.networks, network);
}

policy_bundle load_policy_for(const std::filesystem::path& bundles, const std::string& board,
                              const std::string& network, const files::teller& tell) {
  auto usual = load_policy(bundles / "policy");
  if (is_trained_for(usual, board, network)) return usual;
  const auto found = files::list(bundles);
  for (const auto& each : found.left_out) tell(each);
  for (const auto& folder : found.folders) {
    if (!folder.filename().string().starts_with("policy-")) continue;
    try {
      if (auto other = load_policy(folder); is_trained_for(other, board, network)) return other;
    } catch (const std::runtime_error& problem) {
      tell(fmt::format("{}; this policy is passed over", problem.what()));
    }
  }
  return usual;
}

}  // namespace dvfo::policy
