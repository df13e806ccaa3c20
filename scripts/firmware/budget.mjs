// What the Nano 33 BLE has, and what of it is left to the Arduino core (Mbed OS, USB, the libraries of the sensors).
export const nano = { flashBytes: 983_040, ramBytes: 262_144 };
/** Kept free for Mbed and the sensors' libraries; docs/board.md says where the figures come from. */
export const reserved = { flashBytes: 320_000, ramBytes: 72 * 1024 };
export const free = {
  flashBytes: nano.flashBytes - reserved.flashBytes,
  ramBytes: nano.ramBytes - reserved.ramBytes,
};
