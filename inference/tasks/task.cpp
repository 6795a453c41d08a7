#include "inference/tasks/task.hpp"

#include <utility>

#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "inference/model_bundle.hpp"
#include "inference/tasks/picture.hpp"

namespace dvfo::inference {

any_input read_input(const std::filesystem::path& file) { return read_image(file); }

bool is_input_name(const std::filesystem::path& file) { return is_image_name(file); }

labelled_input input_at(const dataset& set, std::size_t index) {
  auto found = set.at(index);
  return {.asked = std::move(found.picture), .known = class_of(static_cast<std::uint32_t>(found.label), set.labels())};
}

coded_input compress_input(const any_input& asked, int input_size) {
  return std::visit([&](const auto& kind) { return compressed(kind, input_size); }, asked);
}

coded_input reduce_input(const any_input& asked, int input_size, double share) {
  return std::visit([&](const auto& kind) { return reduced(kind, input_size, share); }, asked);
}

any_input decode_input(input_coding coding, std::uint32_t width, std::span<const std::byte> bytes,
                       const std::string& name) {
  return decode_picture(coding, width, bytes, name);
}

any_prediction interpret(std::span<const float> logits, const bundle_manifest& manifest) {
  return classify(logits, manifest.labels);
}

bool is_correct(const any_prediction& said, const any_truth& known) {
  return std::visit(
      [](const auto& of_one, const auto& of_other) -> bool {
        if constexpr (requires { of_one.is_correct(of_other); }) {
          return of_one.is_correct(of_other);
        } else {
          throw error(errc::bad_argument, "a prediction cannot be held against the truth of another kind of task");
        }
      },
      said, known);
}

std::string to_text(const any_prediction& said) {
  return std::visit([](const auto& kind) { return kind.to_text(); }, said);
}

}  // namespace dvfo::inference
