#pragma once

#include "device/simulated/board_parameters.hpp"

/// Every key of a parameter file with its range, once for reading and writing. `archive` offers number(), numbers(),
/// text(), from() and tables(); see parameter_file.cpp.
namespace dvfo::device::simulated {

template <class archive>
void describe(archive& a, voltage_curve& v) {
  a.number("floor_volts", v.floor_volts, 0.3, 2.0);
  a.number("knee_hz", v.knee_hz, 1e6, 1e11);
  a.number("volts_per_hz", v.volts_per_hz, 0.0, 1e-7);
}

template <class archive>
void describe(archive& a, workload& w) {
  a.number("flops", w.flops, 0.0, 1e16);
  a.number("bytes", w.bytes, 0.0, 1e13);
  a.number("launches", w.launches, 0.0, 1e7);
}

template <class archive>
void describe(archive& a, network_parameters& n) {
  a.text("name", n.name);
  a.from(n.from);
  describe(a, n.work);
  a.number("gpu_cycles", n.gpu_cycles, 0.0, 1e14);
  a.number("memory_clocks", n.memory_clocks, 0.0, 1e14);
  a.number("cpu_cycles", n.cpu_cycles, 0.0, 1e14);
  a.number("norm", n.norm, 1.0, 20.0);
  a.number("mean_error", n.mean_error, 0.0, 10.0);
}

template <class archive>
void describe(archive& a, latency_parameters& l) {
  a.from(l.from);
  a.number("flops_per_gpu_cycle", l.flops_per_gpu_cycle, 1e-3, 1e7);
  a.number("saturation_exponent", l.saturation_exponent, 0.0, 1.0);
  a.number("peak_flops_per_gpu_cycle", l.peak_flops_per_gpu_cycle, 1e-3, 1e7);
  a.number("memory_clocks_per_byte", l.memory_clocks_per_byte, 1e-6, 100.0);
  a.number("memory_clocks_per_flop", l.memory_clocks_per_flop, 0.0, 100.0);
  a.number("cpu_cycles_per_launch", l.cpu_cycles_per_launch, 0.0, 1e9);
  a.number("norm", l.norm, 1.0, 20.0);
  a.number("left_out_error", l.left_out_error, 0.0, 100.0);
}

template <class archive>
void describe(archive& a, gpu_power& p) {
  a.from(p.from);
  describe(a, p.voltage);
  a.number("clock_farads", p.clock_farads, 0.0, 1e-6);
  a.number("flop_farads", p.flop_farads, 0.0, 1e-8);
  a.number("leakage_watts", p.leakage_watts, 0.0, 50.0);
  a.number("leakage_per_kelvin", p.leakage_per_kelvin, 0.0, 0.1);
}

template <class archive>
void describe(archive& a, cpu_power& p) {
  a.from(p.from);
  describe(a, p.voltage);
  a.number("idle_watts", p.idle_watts, 0.0, 50.0);
  a.number("core_farads", p.core_farads, 0.0, 1e-7);
}

template <class archive>
void describe(archive& a, memory_power& p) {
  a.from(p.from);
  describe(a, p.voltage);
  a.number("base_watts", p.base_watts, 0.0, 50.0);
  a.number("clock_farads", p.clock_farads, 0.0, 1e-6);
  a.number("byte_farads", p.byte_farads, 0.0, 1e-8);
}

template <class archive>
void describe(archive& a, board_power& p) {
  a.from(p.from);
  a.number("bus_bytes_per_clock", p.bus_bytes_per_clock, 1.0, 1024.0);
  a.number("traffic_share", p.traffic_share, 0.0, 1.0);
  a.number("idle_share", p.idle_share, 0.0, 1.0);
  a.number("input_offset_watts", p.input_offset_watts, 0.0, 100.0);
  a.number("input_slope", p.input_slope, 1.0, 3.0);
}

template <class archive>
void describe(archive& a, wall_power& p) {
  a.from(p.from);
  a.number("offset_watts", p.offset_watts, 0.0, 100.0);
  a.number("slope", p.slope, 1.0, 3.0);
}

template <class archive>
void describe(archive& a, thermal_parameters& p) {
  a.from(p.from);
  a.number("ambient_celsius", p.ambient_celsius, -40.0, 80.0);
  a.number("kelvin_per_watt", p.kelvin_per_watt, 0.0, 50.0);
  a.number("time_constant_seconds", p.time_constant_seconds, 0.1, 1e5);
}

template <class archive>
void describe(archive& a, radio_parameters& p) {
  a.from(p.from);
  a.number("sending_watts", p.sending_watts, 0.0, 50.0);
}

template <class archive>
void describe(archive& a, knob_parameters& p) {
  a.from(p.from);
  a.number("cpu_settle_seconds", p.settle_seconds[0], 0.0, 1.0);
  a.number("gpu_settle_seconds", p.settle_seconds[1], 0.0, 1.0);
  a.number("memory_settle_seconds", p.settle_seconds[2], 0.0, 1.0);
  a.number("stall_seconds", p.stall_seconds, 0.0, 1.0);
}

template <class archive>
void describe(archive& a, memory_floor& f) {
  a.number("cpu_hz", f.cpu_hz, 1e6, 1e11);
  a.number("memory_hz", f.memory_hz, 1e6, 1e11);
}

template <class archive>
void describe(archive& a, clock_parameters& p) {
  a.from(p.from);
  a.points("cpu_hz", p.cpu_hz);
  a.points("gpu_hz", p.gpu_hz);
  a.points("memory_hz", p.memory_hz);
}

template <class archive>
void describe(archive& a, rail_parameters& r) {
  a.text("name", r.name);
  a.number("gpu", r.gpu, 0.0, 1.0);
  a.number("cpu", r.cpu, 0.0, 1.0);
  a.number("soc", r.soc, 0.0, 1.0);
  a.number("memory", r.memory, 0.0, 1.0);
  a.number("rest", r.rest, 0.0, 1.0);
}

/// The file as a whole: its top level, then one table a group, then the lists of tables.
template <class archive>
void describe(archive& a, board_parameters& p) {
  a.text("board", p.board);
  a.group("clocks", p.clocks);
  a.group("latency", p.latency);
  a.group("gpu", p.gpu);
  a.group("cpu", p.cpu);
  a.group("soc", p.soc);
  a.group("memory", p.memory);
  a.group("power", p.power);
  a.group("wall", p.wall);
  a.group("thermal", p.thermal);
  a.group("radio", p.radio);
  a.group("knobs", p.knobs);
  a.list("memory_floor", p.clocks.memory_floors);
  a.list("rail", p.rails);
  a.list("network", p.networks);
}

}  // namespace dvfo::device::simulated
