package device

import "golang.org/x/sys/cpu"

// vectorExtensions names the extensions by the Linux kernel's words, but for
// "neon", "dotprod" and "fp16", which it calls asimd, asimddp and asimdhp.
func vectorExtensions() []string {
	a := &cpu.ARM64
	return present([]feature{
		{"asimdfhm", a.HasASIMDFHM},
		{"asimdrdm", a.HasASIMDRDM},
		{"dotprod", a.HasASIMDDP},
		{"fp16", a.HasASIMDHP},
		{"i8mm", a.HasI8MM},
		{"neon", a.HasASIMD},
		{"sve", a.HasSVE},
		{"sve2", a.HasSVE2},
	})
}
