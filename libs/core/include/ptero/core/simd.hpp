#pragma once

/// Before a function: one binary for every x86-64, the loader picks the widest clone. Resolvers run before a
/// sanitizer is up, so sanitized builds take the plain version.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define PTERO_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PTERO_SIMD
#endif
