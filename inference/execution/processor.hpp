#pragma once

namespace dvfo::inference {

/// Whether the processor multiplies bfloat16; without it LibTorch 1.13 falls back on loops over single values, far
/// slower than float32.
bool processor_has_bfloat16();

/// Whether sums of 8-bit products are exact. x86 without VNNI adds two of them in 16 bits, which saturate: 255 · 127 ·
/// 2 is too much.
bool processor_adds_byte_products_exactly();

}  // namespace dvfo::inference
