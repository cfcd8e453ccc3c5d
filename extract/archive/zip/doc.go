// Package zip opens zip archives, and so apk, jar, apex, apks, xapk and every other name they go by. It reads them the way Android's loader does
// rather than the way the specification asks: what runs on a phone has to be seen, however odd its headers are.
//
// The layout is PKWARE's APPNOTE.TXT 6.3.10; Android's reading of it is system/libziparchive (zip_archive.cc) and, for assets,
// frameworks/base/libs/androidfw (AssetsProvider.cpp); the APK signing block is described at source.android.com/docs/security/features/apksigning/v2.
package zip
