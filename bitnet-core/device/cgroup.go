package device

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// controlGroups are the directories of the control groups that bound this
// process, from its own group up to the root of what is mounted: limits of
// ancestors hold too. A machine may use version 1 for some controllers and
// version 2 for others.
//
// Sources: cgroups(7), kernel documentation admin-guide/cgroup-v1 and cgroup-v2.
type controlGroups struct {
	machine
	unified []string // version 2
	cpu     []string // version 1, controller cpu
	memory  []string // version 1, controller memory
}

// controlGroups finds the groups in proc/self/cgroup and the directories where
// they are mounted in proc/self/mountinfo.
func (m machine) controlGroups() controlGroups {
	groups := controlGroups{machine: m}
	own := map[string]string{} // controller, "" for version 2 → group of this process
	for line := range strings.Lines(m.text("proc/self/cgroup")) {
		// hierarchy:controllers:path
		_, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), ":")
		controllers, group, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		for c := range strings.SplitSeq(controllers, ",") {
			own[c] = group
		}
	}
	mounted := map[string][]string{} // as own, the first mount of each
	for line := range strings.Lines(m.text("proc/self/mountinfo")) {
		mnt, ok := parseMount(line)
		if !ok {
			continue
		}
		for _, c := range mnt.controllers() {
			if group, ok := own[c]; ok && mounted[c] == nil {
				mounted[c] = mnt.directories(group)
			}
		}
	}
	groups.unified, groups.cpu, groups.memory = mounted[""], mounted["cpu"], mounted["memory"]
	return groups
}

// cpuQuota returns the smallest quota in processors, 0 if there is none.
func (g controlGroups) cpuQuota() float64 {
	var quota float64
	lower := func(time, period string) {
		t, err1 := strconv.ParseUint(time, 10, 63) // "max" and -1 mean no quota
		p, err2 := strconv.ParseUint(period, 10, 63)
		if err1 != nil || err2 != nil || t == 0 || p == 0 {
			return
		}
		if q := float64(t) / float64(p); quota == 0 || q < quota {
			quota = q
		}
	}
	for _, dir := range g.unified {
		time, period, _ := strings.Cut(g.text(dir+"/cpu.max"), " ")
		lower(time, period)
	}
	for _, dir := range g.cpu {
		lower(g.text(dir+"/cpu.cfs_quota_us"), g.text(dir+"/cpu.cfs_period_us"))
	}
	return quota
}

// memoryLimit returns the smallest limit in bytes, 0 if there is none. Version 1
// writes "none" as a huge number; the caller compares it with the memory there is.
func (g controlGroups) memoryLimit() uint64 {
	var limit uint64
	lower := func(s string) {
		n, err := strconv.ParseUint(s, 10, 64) // "max" means no limit
		if err == nil && n > 0 && (limit == 0 || n < limit) {
			limit = n
		}
	}
	for _, dir := range g.unified {
		lower(g.text(dir + "/memory.max"))
	}
	for _, dir := range g.memory {
		lower(g.text(dir + "/memory.limit_in_bytes"))
	}
	return limit
}

// maxPath is the longest path Linux takes (PATH_MAX).
const maxPath = 4096

// A mount is a line of proc/self/mountinfo (proc_pid_mountinfo(5)).
type mount struct {
	root    string // directory of the file system that is mounted
	point   string // where, without the leading slash
	kind    string // file system type
	options string // of the file system: for cgroup the controllers
}

func parseMount(line string) (mount, bool) {
	before, after, ok := strings.Cut(line, " - ") // optional fields end there
	fixed, last := strings.Fields(before), strings.Fields(after)
	if !ok || len(fixed) < 6 || len(last) < 3 {
		return mount{}, false
	}
	point := strings.TrimPrefix(unescapeMount(fixed[4]), "/")
	return mount{unescapeMount(fixed[3]), point, last[0], last[2]}, true
}

// controllers returns those mounted here, "" standing for version 2.
func (m mount) controllers() []string {
	switch m.kind {
	case "cgroup2":
		return []string{""}
	case "cgroup":
		return strings.Split(m.options, ",")
	}
	return nil
}

// unescapeMount undoes the octal escapes of mountinfo, as in "\040" for a space.
var unescapeMount = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace

// directories returns the directory of group under the mount, and those of its
// ancestors up to the mount point. A container may see a group's path as it is
// on the host while only that group is mounted; then its mount point is meant.
func (m mount) directories(group string) []string {
	if !fs.ValidPath(m.point) {
		return nil
	}
	dir := path.Join(m.point, below(m.root, group))
	if len(dir) > maxPath || !fs.ValidPath(dir) || !strings.HasPrefix(dir, m.point+"/") {
		dir = m.point
	}
	dirs := []string{dir}
	for dir != m.point {
		dir = path.Dir(dir)
		dirs = append(dirs, dir)
	}
	return dirs
}

// below returns the part of path dir that lies under root, "" if none does.
func below(root, dir string) string {
	if root == "/" {
		return dir
	}
	rest, _ := strings.CutPrefix(dir, root+"/")
	if rest == dir {
		return ""
	}
	return rest
}
