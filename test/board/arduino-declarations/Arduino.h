// Declarations for a compile check: what the sketch uses of the Arduino core for Mbed boards (mbed_nano 4).
#pragma once
#include <stddef.h>
#include <stdint.h>

#define HIGH 1
#define LOW 0
#define INPUT_PULLUP 2
#define OUTPUT 1
#define LEDR (22u)
#define LEDG (23u)
#define LEDB (24u)

void pinMode(unsigned pin, int mode);
void digitalWrite(unsigned pin, int value);
int digitalRead(unsigned pin);
unsigned long millis();
unsigned long micros();
void delay(unsigned long ms);
void interrupts();
void noInterrupts();

struct SerialPort {
  int available();
  int read();
  size_t write(uint8_t c);
  size_t write(const uint8_t* bytes, size_t n);
};
extern SerialPort Serial;

// The chip (nrf52840.h).
struct NRF_FICR_Type {
  uint32_t DEVICEID[2], DEVICEADDR[2];
};
struct NRF_POWER_Type {
  volatile uint32_t RESETREAS, GPREGRET, GPREGRET2;
};
struct NRF_RNG_Type {
  volatile uint32_t TASKS_START, TASKS_STOP, EVENTS_VALRDY, CONFIG, VALUE;
};
#define NRF_FICR ((NRF_FICR_Type*)0x10000000)
#define NRF_POWER ((NRF_POWER_Type*)0x40000000)
#define NRF_RNG ((NRF_RNG_Type*)0x4000d000)
extern "C" void NVIC_SystemReset();
