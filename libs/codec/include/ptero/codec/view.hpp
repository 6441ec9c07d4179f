#pragma once

#include <ptero/codec/codec.hpp>
#include <ptero/core/frame_view.hpp>

namespace ptero::codec {

/// The pixels of a frame through a view: view.shape(frame.shape) of view.dtype(frame.dtype), C order. Only
/// the blocks that overlap the rows of the crop are decompressed. A bin that holds a flagged pixel is
/// flagged; a sum beyond u32 stays below the flags. wrong_shape: the view does not fit the frame.
Result<Bytes, FrameFault> decode(const Frame& frame, const FrameView& view);

}  // namespace ptero::codec
