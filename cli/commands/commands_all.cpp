#include "cli/commands/command.hpp"

namespace dvfo::cli {

void add_commands(CLI::App& app, action& chosen) {
  add_infer(app, chosen);
  add_demo(app, chosen);
  add_train(app, chosen);
  add_evaluate(app, chosen);
  add_explain(app, chosen);
  add_data(app, chosen);
  add_calibrate(app, chosen);
  add_describe(app, chosen);
  add_doctor(app, chosen);
  add_top(app, chosen);
  add_bench(app, chosen);
}

}  // namespace dvfo::cli
