#pragma once
// Every launch there is; included at the end of device.cu and device_emulated.cpp.

#include "backward_bodies.hpp"
#include "detector_bodies.hpp"
#include "direction_bodies.hpp"
#include "forward_bodies.hpp"

namespace ptero::ptycho::cuda {

template void Device::each(std::size_t, std::size_t, const FillRamps&);
template void Device::each(std::size_t, std::size_t, const FormProbes&);
template void Device::each(std::size_t, std::size_t, const PassSlice&);
template void Device::each(std::size_t, std::size_t, const MultiplyFields&);
template void Device::each(std::size_t, std::size_t, const ReflectWaves&);
template void Device::each(std::size_t, std::size_t, const KeepWaves&);
template void Device::each(std::size_t, std::size_t, const StepPoisson&);
template void Device::each(std::size_t, std::size_t, const KeepSamples&);
template void Device::each(std::size_t, std::size_t, const ScatterShared&);
template void Device::each(std::size_t, std::size_t, const ScatterApart&);
template void Device::each(std::size_t, std::size_t, const SumProbes&);
template void Device::each(std::size_t, std::size_t, const TakeProbeSum&);
template void Device::each(std::size_t, std::size_t, const StepObject&);
template void Device::each(std::size_t, std::size_t, const AddScaled&);
template void Device::each(std::size_t, std::size_t, const Scale<Cfloat>&);
template void Device::each(std::size_t, std::size_t, const Scale<float>&);
template void Device::each(std::size_t, std::size_t, const Clamp&);
template void Device::each(std::size_t, std::size_t, const SumIntensity&);
template void Device::each(std::size_t, std::size_t, const Illuminate&);

template void Device::reduce(std::size_t, std::size_t, const ReplaceModulus&, double*);
template void Device::reduce(std::size_t, std::size_t, const SearchPoisson&, double*);
template void Device::reduce(std::size_t, std::size_t, const ReplacePoisson&, double*);
template void Device::reduce(std::size_t, std::size_t, const ComparePatterns&, double*);
template void Device::reduce(std::size_t, std::size_t, const DifferPositions&, double*);
template void Device::reduce(std::size_t, std::size_t, const MeetProbes&, double*);
template void Device::reduce(std::size_t, std::size_t, const MeetVariations&, double*);
template void Device::reduce(std::size_t, std::size_t, const MultiplyDirections&, double*);
template void Device::reduce(std::size_t, std::size_t, const SumPower&, double*);

}  // namespace ptero::ptycho::cuda
