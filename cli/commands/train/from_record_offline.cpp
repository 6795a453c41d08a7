#include "cli/commands/train/from_record.hpp"
#include "configuration/settings.hpp"

namespace dvfo::cli {

int continue_policy(const record_request& what) {
  throw configuration::usage_error("--from-record " + what.record +
                                   ": this build has no Protobuf to read it; build with -DDVFO_NODES=ON");
}

}  // namespace dvfo::cli
