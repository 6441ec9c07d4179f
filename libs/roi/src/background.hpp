#pragma once

#include <vector>

namespace ptero::roi {

/// Level and scatter of the background among the total counts of a scan.
struct Background {
  double level = 0;  ///< the highest mode of the density that holds a tenth of the frames or more
  double sigma = 0;  ///< from the frames above the level, where the sample does not reach; at least `floor`
};

/// totals: 3 x 3 means, no NaN, not empty. Their shot noise, sqrt(level / averaged), is the floor of sigma.
Background find_background(const std::vector<double>& totals, double averaged);

/// Is all that varies in the totals, in order of time, a slow drift of the intensity? So it is when the level
/// of stretches of about a scan row changes smoothly, and hardly a frame falls below the line through them:
/// an object has edges along the rows, or across them. totals: 3 x 3 means, no NaN.
bool is_slow_drift(const std::vector<double>& totals, double averaged);

/// Standard deviation of a normal distribution from the distances of one of its halves to its centre: the
/// root mean square of those within three times the median's estimate, which stray values do not reach. Not
/// negative; 0 for none.
double half_sigma(const std::vector<double>& distances);

/// The q-quantile of an unordered copy, nearest rank; not empty.
double quantile_of(std::vector<double> values, double q);

}  // namespace ptero::roi
