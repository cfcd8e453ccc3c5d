package scan

import (
	"bufio"
	"bytes"
	"path"
	"strings"
)

// maxProperties is how much of a property file is read; real ones have some tens of KiB.
const maxProperties = 1 << 20

// isPropertyFile tells by name; what is in it decides what is taken.
func isPropertyFile(name string) bool {
	switch path.Base(name) {
	case "build.prop", "default.prop", "prop.default", "metadata":
		return path.Base(name) != "metadata" || strings.HasSuffix(name, "com/android/metadata")
	}
	return false
}

// propertyKeys are the properties that identify a build. A key ending in "." stands for all that begin so.
var propertyKeys = []string{
	"ro.build.fingerprint", "ro.build.display.id", "ro.build.id", "ro.build.version.incremental", "ro.build.version.release",
	"ro.build.version.sdk", "ro.build.version.security_patch", "ro.build.date.utc", "ro.build.type", "ro.build.product", "ro.build.region",
	"ro.system.build.fingerprint", "ro.vendor.build.fingerprint", "ro.product.build.fingerprint", "ro.odm.build.fingerprint",
	"ro.system_ext.build.fingerprint", "ro.bootimage.build.fingerprint",
	"ro.product.model", "ro.product.brand", "ro.product.name", "ro.product.device", "ro.product.manufacturer", "ro.product.marketname",
	"ro.product.locale", "ro.product.mod_device", "ro.product.system.model", "ro.product.vendor.model", "ro.product.odm.model",
	"ro.product.product.model", "ro.product.odm.marketname", "ro.product.vendor.marketname",
	"ro.miui.", "ro.mi.os.version.", "ro.fota.oem", "ro.csc.", "ro.oppo.", "ro.vivo.", "ro.build.version.opporom", "ro.build.version.oplusrom",
	"ro.build.hw_emui_api_level", "ro.build.version.emui", "ro.boot.region", "ro.boot.hwc",
	"post-build", "post-build-incremental", "post-sdk-level", "post-security-patch-level", "pre-device", "ota-type",
}

// parseProperties reads the lines "key=value" of a property file.
func parseProperties(data []byte) map[string]string {
	props := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxProperties)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		key, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") || value == "" || !identifies(key) {
			continue
		}
		if _, dup := props[key]; !dup {
			props[key] = strings.ToValidUTF8(value, "\uFFFD")
		}
	}
	return props
}

func identifies(key string) bool {
	for _, k := range propertyKeys {
		if key == k || strings.HasSuffix(k, ".") && strings.HasPrefix(key, k) {
			return true
		}
	}
	return false
}
