// Package osinfo reads what an operating system says of the machine's memory and of
// the control groups that bound a process. Packages device and memory/pressure ask
// it: the one once, the other a few times a second.
//
// A Linux kernel describes itself in files, which a [Tree] reads from any fs.FS, so
// that tests can write them. Other systems have calls; [Memory] makes them.
package osinfo
