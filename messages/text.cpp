#include "messages/text.hpp"

#include <algorithm>

#include "messages/checks.hpp"

namespace dvfo::messages {

std::string clean_text(std::string_view text) {
  std::string out(text.substr(0, max_text_bytes));
  std::ranges::replace_if(
      out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace dvfo::messages
