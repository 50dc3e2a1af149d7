//! Real modules, run by the real engine.
