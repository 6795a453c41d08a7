#include "files/folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "files/error.hpp"
#include "files/place.hpp"

namespace dvfo::files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_named = 4;  // endings and folders in a description

std::string in_small(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// One entry to where it belongs. Never throws for what the entry is.
void sort_in(const fs::directory_entry& entry, content& to) {
  std::error_code failed;
  const auto status = entry.status(failed);
  const auto leave_out = [&](const std::string& why) {
    to.left_out.push_back(fmt::format("{}: {}; it is left out", entry.path().string(), why));
  };
  if (fs::is_regular_file(status)) {
    to.files.push_back(entry.path());
  } else if (fs::is_directory(status)) {
    to.folders.push_back(entry.path());
  } else if (status.type() == fs::file_type::not_found) {
    leave_out("is a link to what does not exist");
  } else if (failed) {
    leave_out(reason_of(failed.value()));
  } else {
    leave_out("is neither a file nor a folder");
  }
}

std::string counted(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// "2 .heic, 1 .mov": the most frequent first.
std::string endings_of(const std::vector<fs::path>& files) {
  std::map<std::string, std::size_t> counts;
  for (const auto& file : files) {
    const auto ending = in_small(file.extension().string());
    ++counts[ending.empty() ? "without an ending" : ending];
  }
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> shown;
  for (const auto& [ending, count] : sorted) {
    if (shown.size() == most_named) {
      shown.emplace_back("…");
      break;
    }
    shown.push_back(fmt::format("{} {}", count, ending));
  }
  return fmt::format("{}", fmt::join(shown, ", "));
}

std::string names_of(const std::vector<fs::path>& folders) {
  std::vector<std::string> shown;
  for (const auto& folder : folders) {
    if (shown.size() == most_named) {
      shown.emplace_back("…");
      break;
    }
    shown.push_back(folder.filename().string());
  }
  return fmt::format("{}", fmt::join(shown, ", "));
}

}  // namespace

bool counts(const fs::path& entry) {
  const auto name = entry.filename().string();
  return !name.starts_with('.') && name != "Thumbs.db" && name != "desktop.ini" && name != "__MACOSX";
}

content list(const fs::path& folder) {
  content found;
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    if (counts(entry->path())) sort_in(*entry, found);
  }
  if (failed) {
    throw error(folder, failed.value() == ENOTDIR && stands(folder)
                            ? fmt::format("{}; a folder is expected", to_string(look_at(folder).what))
                            : reason_of(failed.value()));
  }
  for (auto* each : {&found.files, &found.folders}) std::sort(each->begin(), each->end());
  std::sort(found.left_out.begin(), found.left_out.end());
  return found;
}

bool ends_in(const fs::path& file, std::span<const std::string_view> endings) {
  return std::find(endings.begin(), endings.end(), in_small(file.extension().string())) != endings.end();
}

std::string describe(const content& found) {
  std::vector<std::string> parts;
  if (!found.files.empty()) {
    parts.push_back(fmt::format("{} ({})", counted(found.files.size(), "file"), endings_of(found.files)));
  }
  if (!found.folders.empty()) {
    parts.push_back(fmt::format("{} ({})", counted(found.folders.size(), "folder"), names_of(found.folders)));
  }
  if (!found.left_out.empty()) parts.push_back(counted(found.left_out.size(), "entry") + " that cannot be read");
  return parts.empty() ? "is empty" : fmt::format("holds {}", fmt::join(parts, " and "));
}

}  // namespace dvfo::files
