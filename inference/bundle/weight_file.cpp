#include "inference/bundle/weight_file.hpp"

#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "files/output.hpp"
#include "files/reading.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::inference {
namespace {

using bytes = std::vector<char>;

constexpr std::array<char, 8> magic = {'D', 'V', 'F', 'O', 'W', 'T', '0', '1'};
constexpr std::size_t header_size = magic.size() + sizeof(std::uint64_t);
constexpr int compression_level = 12;                  // written once, read often
constexpr std::uint64_t largest_file = 256ULL << 20;   // bytes; far above any bundle of ours
constexpr std::uint64_t largest_tensor = 64ULL << 20;  // elements
constexpr std::size_t most_dimensions = 8;

constexpr files::kind weights_file{"a weight file of DVFO",
                                   [](std::string_view head) { return head.starts_with("DVFOWT"); }};

enum class element : std::uint8_t { float32 = 1, bfloat16 = 2, int8 = 3 };

element element_of(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat:
      return element::float32;
    case torch::kBFloat16:
      return element::bfloat16;
    case torch::kChar:
      return element::int8;
    default:
      throw error(errc::bad_argument, fmt::format("cannot store tensors of type {}", c10::toString(type)));
  }
}

torch::ScalarType type_of(element e) {
  return e == element::float32 ? torch::kFloat : e == element::bfloat16 ? torch::kBFloat16 : torch::kChar;
}

std::size_t size_of(element e) { return e == element::float32 ? 4 : e == element::bfloat16 ? 2 : 1; }

/// Gathers byte k of every element, so that the slowly varying exponents lie together and compress.
bytes to_planes(const char* data, std::size_t count, std::size_t width) {
  bytes planes(count * width);
  for (std::size_t k = 0; k < width; ++k)
    for (std::size_t i = 0; i < count; ++i) planes[k * count + i] = data[i * width + k];
  return planes;
}

void from_planes(const bytes& planes, char* data, std::size_t count, std::size_t width) {
  for (std::size_t k = 0; k < width; ++k)
    for (std::size_t i = 0; i < count; ++i) data[i * width + k] = planes[k * count + i];
}

template <class T>
void put(bytes& out, T value) {
  const auto* raw = reinterpret_cast<const char*>(&value);
  out.insert(out.end(), raw, raw + sizeof(T));
}

void put_tensor(bytes& out, const std::string& name, const torch::Tensor& value) {
  const auto tensor = value.detach().cpu().contiguous();
  const element type = element_of(tensor.scalar_type());
  put(out, static_cast<std::uint16_t>(name.size()));
  out.insert(out.end(), name.begin(), name.end());
  put(out, type);
  put(out, static_cast<std::uint8_t>(tensor.dim()));
  for (const auto d : tensor.sizes()) put(out, static_cast<std::uint32_t>(d));
  const auto planes =
      to_planes(static_cast<const char*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.numel()), size_of(type));
  bytes packed(ZSTD_compressBound(planes.size()));
  const auto size = ZSTD_compress(packed.data(), packed.size(), planes.data(), planes.size(), compression_level);
  if (ZSTD_isError(size) != 0) throw error(errc::io, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  put(out, static_cast<std::uint32_t>(size));
  out.insert(out.end(), packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
}

/// Reads fields one after the other and refuses to run past the end.
class reader {
 public:
  reader(const std::filesystem::path& file, std::string_view data) : file_(file), data_(data) {}

  template <class T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof(T)), sizeof(T));
    return value;
  }

  const char* take(std::size_t count) {
    if (count > data_.size() - at_) fail(fmt::format("{} bytes end where {} more were expected", data_.size(), count));
    const char* where = data_.data() + at_;
    at_ += count;
    return where;
  }

  [[nodiscard]] bool done() const { return at_ == data_.size(); }
  void skip(std::size_t count) { take(count); }

  [[noreturn]] void fail(const std::string& what) const {
    throw error(errc::bad_bundle,
                fmt::format("{}: {}; the weights are damaged, fetch or train the bundle again", file_.string(), what));
  }

 private:
  const std::filesystem::path& file_;
  std::string_view data_;
  std::size_t at_ = 0;
};

std::pair<std::string, torch::Tensor> get_tensor(reader& in) {
  const auto name_size = in.get<std::uint16_t>();
  std::string name(in.take(name_size), name_size);
  const auto type = in.get<element>();
  if (type < element::float32 || type > element::int8)
    in.fail(fmt::format("tensor {} has the unknown type {}", name, static_cast<int>(type)));
  const auto dimensions = in.get<std::uint8_t>();
  if (dimensions > most_dimensions)
    in.fail(fmt::format("tensor {} has {} dimensions, at most {} expected", name, dimensions, most_dimensions));
  std::vector<std::int64_t> shape;
  std::uint64_t count = 1;
  for (int d = 0; d < dimensions; ++d) {
    shape.push_back(in.get<std::uint32_t>());
    count *= static_cast<std::uint64_t>(shape.back());
    if (count > largest_tensor) in.fail(fmt::format("tensor {} has over {} elements", name, largest_tensor));
  }
  const auto packed_size = in.get<std::uint32_t>();
  const char* packed = in.take(packed_size);
  const std::size_t expected = count * size_of(type);
  if (ZSTD_getFrameContentSize(packed, packed_size) != expected)
    in.fail(fmt::format("tensor {} does not unpack to {} bytes", name, expected));
  bytes planes(expected);
  if (ZSTD_decompress(planes.data(), planes.size(), packed, packed_size) != expected)
    in.fail(fmt::format("tensor {} does not unpack", name));
  auto tensor = torch::empty(shape, type_of(type));
  from_planes(planes, static_cast<char*>(tensor.data_ptr()), count, size_of(type));
  return {std::move(name), std::move(tensor)};
}

std::string read_all(const std::filesystem::path& file) {
  auto all = with_file_errors_as(errc::bad_bundle, "a bundle needs this file",
                                 [&] { return files::read_whole(file, largest_file); });
  if (all.size() >= header_size) return all;
  throw error(errc::bad_bundle,
              fmt::format("{}: {} bytes; expected {} to {}", file.string(), all.size(), header_size, largest_file));
}

}  // namespace

void check_weights_place(const std::filesystem::path& file) {
  with_file_errors_as(errc::io, "", [&] { files::check_output(file, weights_file); });
}

std::uint64_t write_weights(const std::filesystem::path& file, const named_tensors& tensors) {
  bytes body;
  for (const auto& [name, tensor] : tensors) put_tensor(body, name, tensor);
  const std::uint64_t id = XXH3_64bits(body.data(), body.size());
  bytes all(magic.begin(), magic.end());
  put(all, id);
  all.insert(all.end(), body.begin(), body.end());
  with_file_errors_as(errc::io, "",
                      [&] { files::write_whole(file, std::string_view(all.data(), all.size()), weights_file); });
  return id;
}

weight_file read_weights(const std::filesystem::path& file) {
  const auto all = read_all(file);
  reader in(file, all);
  if (std::memcmp(in.take(magic.size()), magic.data(), magic.size()) != 0) {
    in.fail("does not begin with DVFOWT01, so it is no weight file of this version");
  }
  const auto id = in.get<std::uint64_t>();
  const auto found = XXH3_64bits(all.data() + header_size, all.size() - header_size);
  if (found != id) in.fail(fmt::format("checksum {:016x}, expected {:016x}", found, id));
  weight_file out;
  out.id = id;
  while (!in.done()) out.tensors.insert(get_tensor(in));
  return out;
}

}  // namespace dvfo::inference
