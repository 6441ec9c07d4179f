add_executable(bench_recon ${CMAKE_CURRENT_LIST_DIR}/recon_bench.cpp)
target_link_libraries(bench_recon PRIVATE ptero_options ptero_ptycho)
