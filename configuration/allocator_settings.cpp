// Read by jemalloc when a program starts. By itself it gives every block over 8 MiB back to the kernel at once, so that
// training, whose activations are that large, would spend more time on page faults than on arithmetic.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "oversize_threshold:0,dirty_decay_ms:30000,muzzy_decay_ms:-1";
}
