#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "inference/tasks/coded_input.hpp"
#include "inference/tasks/kinds.hpp"

/// What can be done with a task's input, prediction and truth by those who need not know of which kind they are. All of
/// it is thread-safe.
namespace dvfo::inference {

class dataset;
struct bundle_manifest;

/// Reads one file. Throws error(io) where it cannot be read, and an error that names the file where it holds no input.
any_input read_input(const std::filesystem::path& file);

/// Whether a file with this name, beside others in a folder, is taken for an input.
bool is_input_name(const std::filesystem::path& file);

/// An input and what is true of it.
struct labelled_input {
  any_input asked;
  any_truth known;
};

/// The example of this index. Throws what the set throws.
labelled_input input_at(const dataset& set, std::size_t index);

/// The input as a network of this size (bundle_manifest::input_size) takes it, compressed as its kind is usually sent.
coded_input compress_input(const any_input& asked, int input_size);

/// The same uncompressed, with only `share` of its values: above 0, at most 1.
coded_input reduce_input(const any_input& asked, int input_size, double share);

/// The input that was so coded. Throws an error that names `name` where the bytes are none.
any_input decode_input(input_coding coding, std::uint32_t width, std::span<const std::byte> bytes,
                       const std::string& name);

/// What a network of this bundle says with its logits. Throws error(bad_argument) for logits that no such network has.
any_prediction interpret(std::span<const float> logits, const bundle_manifest& manifest);

/// Whether the prediction is what is true. Throws error(bad_argument) where they are of different kinds.
bool is_correct(const any_prediction& said, const any_truth& known);

/// The prediction for people, without a line end.
std::string to_text(const any_prediction& said);

/// Makes `value` of the kind whose key `has`; leaves it alone and returns false where it has none of them.
template <class Has, class... Kinds>
bool choose_kind(std::variant<Kinds...>& value, const Has& has) {
  return ((has(Kinds::key) && (value.template emplace<Kinds>(), true)) || ...);
}

/// Shows `side` every field of the kind that `value` is of, to write it or, where `value` is not const, to read it.
template <class Side, class Variant>
void each_field(Side& side, Variant& value) {
  std::visit([&](auto& kind) { std::remove_cvref_t<decltype(kind)>::each_field(side, kind); }, value);
}

}  // namespace dvfo::inference
