// What you may change.
#ifndef FL_NANO_SETTINGS_H
#define FL_NANO_SETTINGS_H

/**
 * 1: Nano 33 BLE Sense (LSM9DS1, HTS221, LPS22HB, APDS9960, microphone), 2: Nano 33 BLE Sense Rev2 (BMI270 and BMM150, HS300x,
 * else the same), 3: Nano 33 BLE (LSM9DS1 alone), 4: Nano 33 BLE Rev2 (BMI270 and BMM150 alone), 0: no sensor library needed.
 */
#ifndef FL_SENSORS
#define FL_SENSORS 2
#endif

/** A button from this pin to ground is told to the flow as an event; -1: none. */
#ifndef FL_BUTTON_PIN
#define FL_BUTTON_PIN 2
#endif

/** 1: a frozen backbone runs on TensorFlow Lite Micro (library Chirale_TensorFLowLite), 0: on this project's own core. */
#ifndef FL_TFLM
#define FL_TFLM 0
#endif

#endif
