#include "inference/codec/entropy.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <memory>
#include <new>
#include <vector>

#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

struct free_context {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

/// `context`, or bad_alloc: making a context fails for want of memory alone.
template <class Context>
Context* made(Context* context) {
  if (context == nullptr) throw std::bad_alloc();
  return context;
}

/// At least `bytes` of the calling thread's scratch. It only grows, up to the largest payload that the thread has seen;
/// the formats of the loaded bundles bound that.
std::span<std::byte> scratch(std::size_t bytes) {
  thread_local std::vector<std::byte> buffer;
  if (buffer.size() < bytes) buffer.resize(bytes);
  return {buffer.data(), bytes};
}

[[noreturn]] void refuse(const std::string& what) {
  throw error(errc::bad_frame, "feature frame: entropy-coded payload " + what);
}

}  // namespace

std::span<const std::byte> compress_if_smaller(std::span<const std::byte> plain, int level) {
  thread_local const std::unique_ptr<ZSTD_CCtx, free_context> context(made(ZSTD_createCCtx()));
  const auto target = scratch(ZSTD_compressBound(plain.size()));
  const std::size_t size =
      ZSTD_compressCCtx(context.get(), target.data(), target.size(), plain.data(), plain.size(), level);
  // A failure here can only be a want of memory; the plain payload is as good an answer.
  if (ZSTD_isError(size) != 0 || size >= plain.size()) return {};
  return target.first(size);
}

std::span<const std::byte> decompress_exactly(std::span<const std::byte> packed, std::size_t expected) {
  const unsigned long long content = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (content == ZSTD_CONTENTSIZE_ERROR) refuse("does not start with a zstd frame header; expected one zstd frame");
  if (content == ZSTD_CONTENTSIZE_UNKNOWN) {
    refuse(fmt::format("does not state its content size; expected {} bytes", expected));
  }
  if (content != expected) refuse(fmt::format("states a content size of {} bytes, expected {}", content, expected));
  const std::size_t extent = ZSTD_findFrameCompressedSize(packed.data(), packed.size());
  if (ZSTD_isError(extent) != 0) {
    refuse(fmt::format("is not one whole zstd frame: {}; expected one of {} bytes", ZSTD_getErrorName(extent),
                       packed.size()));
  }
  if (extent != packed.size()) {
    refuse(fmt::format("holds a zstd frame of {} bytes, expected one of {}", extent, packed.size()));
  }

  thread_local const std::unique_ptr<ZSTD_DCtx, free_context> context(made(ZSTD_createDCtx()));
  const auto target = scratch(expected);
  const std::size_t size =
      ZSTD_decompressDCtx(context.get(), target.data(), target.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0) {
    refuse(fmt::format("cannot be decompressed: {}; expected {} bytes", ZSTD_getErrorName(size), expected));
  }
  if (size != expected) refuse(fmt::format("decompressed to {} bytes, expected {}", size, expected));
  return target;
}

}  // namespace dvfo::inference
