// Package training will own quantization-aware training of ternary models:
// straight-through gradients, optimizers, LoRA adapters, data loading and
// checkpoints. It has no code yet.
package training
