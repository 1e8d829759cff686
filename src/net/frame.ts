// What travels on a link. A frame, little-endian: u8 type · u8 flags · u16 reserved, 0 · u32 bytes of payload · payload.
// A message is one frame or several of its type, all but the last with MORE. Control and bulk are two lanes: in each, a
// message is whole before the next begins; frames of the two lanes mix as they please.

export const HEADER_BYTES = 8

/** Flag: more frames of this message follow. */
export const MORE = 1
/** Flag: a peer that does not know this type must end the link instead of skipping the message. */
export const CRITICAL = 2
/** Flag: the frame is of the bulk lane. */
export const BULK = 4

/** Greatest payload of a frame that is taken. */
export const MAX_FRAME_BYTES = 8 << 20
/**
 * Greatest write: one frame of a larger message, or as many small frames as fit. The other side sees nothing of a write
 * before all of it is there (yamux), and a link of 1 KB/s must bring something every 30 s. 64 KiB are no faster.
 */
export const MAX_WRITE_BYTES = 16 << 10
/** Greatest message of an unknown type that is skipped. */
export const MAX_SKIPPED_BYTES = 64 << 20
