package osinfo

import (
	"io/fs"
	"path"
	"strings"
)

// Groups are the directories of the control groups that bound this
// process, from its own group up to the root of what is mounted: limits of
// ancestors hold too. A machine may use version 1 for some controllers and
// version 2 for others.
//
// Sources: cgroups(7), kernel documentation admin-guide/cgroup-v1 and cgroup-v2.
type Groups struct {
	Unified []string // version 2
	CPU     []string // version 1, controller cpu
	Memory  []string // version 1, controller memory
}

// ControlGroups finds the groups in proc/self/cgroup and the directories where
// they are mounted in proc/self/mountinfo.
func (t Tree) ControlGroups() Groups {
	own := map[string]string{} // controller, "" for version 2 → group of this process
	for line := range strings.Lines(t.Text("proc/self/cgroup")) {
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
	for line := range strings.Lines(t.Text("proc/self/mountinfo")) {
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
	return Groups{Unified: mounted[""], CPU: mounted["cpu"], Memory: mounted["memory"]}
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
