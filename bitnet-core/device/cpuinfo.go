package device

import (
	"strconv"
	"strings"
)

// vendors gives the common name behind the identifier that CPUID or the MIDR
// register of an arm64 processor holds (Arm ARM, MIDR_EL1.Implementer).
var vendors = map[string]string{
	"AuthenticAMD": "AMD",
	"GenuineIntel": "Intel",
	"HygonGenuine": "Hygon",
	"CentaurHauls": "VIA",
	"  Shanghai  ": "Zhaoxin",
	"0x41":         "Arm",
	"0x42":         "Broadcom",
	"0x43":         "Cavium",
	"0x46":         "Fujitsu",
	"0x48":         "HiSilicon",
	"0x4e":         "NVIDIA",
	"0x50":         "Applied Micro",
	"0x51":         "Qualcomm",
	"0x53":         "Samsung",
	"0x61":         "Apple",
	"0x6d":         "Microsoft",
	"0xc0":         "Ampere",
}

// armParts names the cores of implementer 0x41 that run Linux most often (their
// technical reference manuals, MIDR_EL1.PartNum).
var armParts = map[string]string{
	"0xd03": "Cortex-A53",
	"0xd05": "Cortex-A55",
	"0xd07": "Cortex-A57",
	"0xd08": "Cortex-A72",
	"0xd09": "Cortex-A73",
	"0xd0a": "Cortex-A75",
	"0xd0b": "Cortex-A76",
	"0xd0c": "Neoverse-N1",
	"0xd40": "Neoverse-V1",
	"0xd41": "Cortex-A78",
	"0xd44": "Cortex-X1",
	"0xd49": "Neoverse-N2",
	"0xd4f": "Neoverse-V2",
	"0xd84": "Neoverse-V3",
	"0xd8e": "Neoverse-N3",
}

// cpuNames returns the model and the vendor of the first processor in
// proc/cpuinfo. On arm64, where the kernel prints register values, the model is
// known for common cores only.
func (m machine) cpuNames() (name, vendor string) {
	var id, part string
	for line := range strings.Lines(m.Text("proc/cpuinfo")) {
		if strings.TrimSpace(line) == "" && id != "" {
			break // the next block is another processor
		}
		key, value, _ := strings.Cut(line, ":")
		value = printable(strings.TrimRight(strings.TrimPrefix(value, " "), "\n"))
		switch strings.TrimSpace(key) {
		case "model name":
			name = modelName(value)
		case "vendor_id", "CPU implementer":
			id = value
		case "CPU part":
			part = value
		}
	}
	if name == "" && id == "0x41" {
		name = armParts[part]
	}
	return name, vendorName(id)
}

// vendorName returns the common name for a vendor's identifier, or the
// identifier when it is not a known one.
func vendorName(id string) string {
	if name, ok := vendors[id]; ok {
		return name
	}
	return strings.TrimSpace(id)
}

// modelName returns a processor's name as it is given, without the spaces that
// pad some.
func modelName(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// printable returns s up to 128 bytes with everything but graphic characters
// dropped: it ends up on terminals.
func printable(s string) string {
	if len(s) > 128 {
		s = s[:128]
	}
	return strings.Map(func(r rune) rune {
		if r == '\uFFFD' || !strconv.IsGraphic(r) {
			return -1
		}
		return r
	}, s)
}
