#pragma once

#include "inference/model_bundle.hpp"
#include "messages/inference.hpp"

namespace dvfo::actors {

/// What a node that holds this bundle says of itself at the start of a link.
messages::hello_reply describe(const inference::bundle_manifest& manifest);

}  // namespace dvfo::actors
