#pragma once

namespace ptero::tools {

/// How many processors were busy over a time, on average.
struct ProcessorUse {
  double own = 0;     ///< for this process
  double others = 0;  ///< for everybody else
  double available = 0;
};

/// Measures from its making on. Linux: reads /proc/stat; without it `others` is 0.
class ProcessorMeter {
 public:
  ProcessorMeter();
  ProcessorUse use() const;

 private:
  struct Reading {
    double wall_s = 0, own_s = 0, all_s = 0;
  };
  static Reading read();
  Reading begun_;
};

}  // namespace ptero::tools
