#!/bin/sh
# Makes the samples of this folder: pictures, sound and film as ffmpeg, cwebp, avifenc, heif-enc and openssl write them, all of noise, so
# that nothing in them is small. Needs ffmpeg, webp, libavif-bin, libheif-examples and openssl.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ff() { ffmpeg -v error -nostdin -y -bitexact "$@"; }

ff -f lavfi -i 'nullsrc=s=96x96,geq=lum=random(1)*255:cb=128:cr=random(2)*255' -frames:v 3 -pix_fmt rgb24 "$work/%d.png"
cp "$work/1.png" noise.png
ff -i "$work/1.png" -q:v 4 noise.jpg
ff -framerate 2 -i "$work/%d.png" -vf scale=64:64 noise.gif
ff -framerate 2 -i "$work/%d.png" -vf scale=64:64 -plays 0 -f apng noise.apng
cwebp -quiet -q 70 "$work/1.png" -o lossy.webp
cwebp -quiet -lossless -resize 64 64 "$work/1.png" -o lossless.webp
avifenc -s 8 --min 20 --max 30 "$work/1.png" noise.avif >/dev/null
heif-enc -q 60 "$work/1.png" -o noise.heic >/dev/null 2>&1

sound='anoisesrc=d=0.5:c=pink:r=44100:a=0.5:seed=7'
ff -f lavfi -i "$sound" -c:a libmp3lame -b:a 128k noise.mp3
ff -f lavfi -i "$sound" -c:a aac -b:a 96k -f adts noise.aac
ff -f lavfi -i "$sound" -c:a aac -b:a 96k noise.m4a
ff -f lavfi -i "$sound" -c:a libvorbis -q:a 4 noise.ogg
ff -f lavfi -i "$sound" -c:a libopus -b:a 96k noise.opus
ff -f lavfi -i 'anoisesrc=d=0.2:c=pink:r=16000:a=0.5:seed=7' -c:a flac noise.flac
ff -f lavfi -i 'anoisesrc=d=0.5:c=pink:r=44100:a=0.5:seed=7' -c:a adpcm_ima_wav adpcm.wav

ff -framerate 4 -i "$work/%d.png" -c:v mpeg4 -q:v 4 noise.mp4
ff -framerate 4 -i "$work/%d.png" -c:v libvpx -b:v 300k noise.webm
ff -framerate 4 -i "$work/%d.png" -c:v mpeg4 -q:v 4 noise.mkv
ff -framerate 4 -i "$work/%d.png" -c:v mpeg4 -q:v 4 noise.avi

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 9999 -subj /CN=sample 2>/dev/null
openssl x509 -in "$work/cert.pem" -outform der -out cert.der
openssl pkcs12 -export -inkey "$work/key.pem" -in "$work/cert.pem" -passout pass:x -out store.p12
echo text >"$work/text"
openssl cms -sign -binary -in "$work/text" -signer "$work/cert.pem" -inkey "$work/key.pem" -outform der -out CERT.RSA
