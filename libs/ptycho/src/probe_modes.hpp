#pragma once

#include <cstdint>
#include <ptero/ptycho/forward_model.hpp>
#include <vector>

namespace ptero::ptycho {

/// First guesses of modes 1 .. count - 1 from the main one: its products with Hermite polynomials of the
/// distance from its middle, as modes of a partially coherent beam, orthogonal to all before, each with
/// `share` of its power.
std::vector<Image<Complex>> hermite_modes(const Image<Complex>& main, std::size_t count, double share);

/// Mixes the modes [Thi13] so that they are orthogonal and sorted by falling power; sum_m |F P_m|^2 stays.
void orthogonalise(std::vector<Image<Complex>>& modes);

/// sum conj(a) b.
std::complex<double> inner_product(const Image<Complex>& a, const Image<Complex>& b);

/// Eigenvectors of a Hermitian matrix (row-major, size x size) in the columns of the result, by falling
/// eigenvalue, by Jacobi rotations.
std::vector<std::complex<double>> eigenvectors(std::vector<std::complex<double>> matrix, std::size_t size);

}  // namespace ptero::ptycho
