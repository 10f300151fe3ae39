package nn

// ReLU2Mul sets dst = relu(gate)²·up, the gate of BitNet b1.58. The square passes
// 65504, so it must not be stored as float16. dst may be gate or up.
func ReLU2Mul(dst, gate, up []float32) {
	if len(dst) != len(gate) || len(dst) != len(up) {
		panic("nn: ReLU2Mul length")
	}
	for i := relu2Vec(dst, gate, up); i < len(gate); i++ {
		g := max(gate[i], 0)
		dst[i] = g * g * up[i]
	}
}

// SiLUMul sets dst = gate·sigmoid(gate)·up, the gate of Llama, to a few units in
// the last place; gates below -87 give less than 1e-35·up. dst may be gate or up.
func SiLUMul(dst, gate, up []float32) {
	if len(dst) != len(gate) || len(dst) != len(up) {
		panic("nn: SiLUMul length")
	}
	for i := siluVec(dst, gate, up); i < len(gate); i++ {
		g := gate[i]
		dst[i] = g / (1 + expGeneric(min(-g, expRange))) * up[i]
	}
}
