#!/usr/bin/python3
"""Makes pictures with all kinds of metadata, each of which has the word SECRET in it, for
t/unit/chat_media_test.c:  t/media/make.py <folder>

The name of a file says what is in it: <what>.<format>; those in whole/ are pictures, those in
broken/ only look like some."""
import io
import os
import struct
import subprocess
import sys
import zlib

from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

folder = sys.argv[1]
SECRET = 'SECRET'
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
WIDTH, HEIGHT = 45, 30
XMP = f"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>" \
      f"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description " \
      f"xmlns:dc='http://purl.org/dc/elements/1.1/' dc:source='{SECRET}'/></rdf:RDF></x:xmpmeta>" \
      f"<?xpacket end='w'?>"


def picture(mode='RGB', shade=0, size=(WIDTH, HEIGHT)):
    image = Image.new('RGBA', size, (255, 255, 255, 0 if 'A' in mode else 255))
    draw = ImageDraw.Draw(image)
    draw.rectangle((2, 3, 20, 12), fill=(200, 30 + shade, 60, 255))
    draw.ellipse((15, 8, 40, 28), fill=(20, 120, 90 + shade, 200 if 'A' in mode else 255))
    draw.line((0, 0) + size, fill=(0, 0, 0, 255))
    return image.convert('RGB').convert(mode) if mode in ('CMYK', 'I', '1') else image.convert(mode)


def exif(orientation=None):
    data = Image.Exif()
    data[0x010e] = SECRET                     # ImageDescription
    data[0x9286] = b'ASCII\0\0\0' + SECRET.encode()
    if orientation:
        data[0x0112] = orientation
    gps = data.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = 'N', (51.0, 30.0, 0.0), 'W', (0.0, 7.0, 0.0)
    gps[29] = SECRET
    data[0x8825] = dict(gps)
    return data.tobytes()


def write(name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(data)
    return path


def saved(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def exiftool(path, *arguments):
    subprocess.run(['exiftool', '-q', '-m', '-overwrite_original', *arguments, path], check=True)


def segment(marker, data):
    return struct.pack('>BBH', 0xff, marker, len(data) + 2) + data


def chunk(type, data):
    return struct.pack('>I', len(data)) + type + data + struct.pack('>I', zlib.crc32(type + data))


def riff(type, data):
    return type + struct.pack('<I', len(data)) + data + b'\0' * (len(data) & 1)


def jpeg():
    for orientation in range(1, 9):
        write(f'whole/orientation{orientation}.jpeg',
              saved(picture(), 'JPEG', exif=exif(orientation), icc_profile=PROFILE))
    plain = saved(picture(), 'JPEG')
    write('clean/plain.jpeg', plain)
    write('clean/grey_progressive.jpeg', saved(picture('L'), 'JPEG', progressive=True))
    write('clean/cmyk_profile.jpeg', saved(picture('CMYK'), 'JPEG', icc_profile=PROFILE))
    write('clean/long_profile.jpeg', saved(picture(), 'JPEG', icc_profile=PROFILE + b'\0' * 100000))
    write('whole/progressive.jpeg', saved(picture(), 'JPEG', progressive=True, exif=exif(3)))
    path = write('whole/everything.jpeg', saved(picture(size=(500, 300)), 'JPEG', exif=exif(6), icc_profile=PROFILE))
    thumbnail = write('thumbnail.jpeg', plain)
    exiftool(path, f'-XMP-dc:Creator={SECRET}', f'-IPTC:Keywords={SECRET}', f'-Comment={SECRET}',
             f'-XMP-dc:Description={SECRET * 20000}', f'-ThumbnailImage<={thumbnail}',
             '-Photoshop:CopyrightFlag#=1', '-MakerNotes:all=')
    os.remove(thumbnail)
    head, rest = plain[:2], plain[2:]
    jfif_end = 4 + struct.unpack('>H', plain[4:6])[0]
    jfif = bytearray(plain[2:jfif_end])
    small = SECRET.encode() * 8
    write('whole/jfif_thumbnail.jpeg', head + segment(0xe0, bytes(jfif[4:16]) + b'\4\4' + small) + plain[jfif_end:])
    write('whole/jfxx.jpeg', plain[:jfif_end] + segment(0xe0, b'JFXX\0\x10' + plain + SECRET.encode()) + plain[jfif_end:])
    write('whole/little_exif.jpeg', head + segment(0xe1, b'Exif\0\0' + struct.pack(
        '<2sHI8sHHHIHHHHI4sI', b'II', 42, 16, b'SECRET\0\0', 2, 0x0112, 3, 1, 8, 0, 0x010e, 2, 4, b'SEC\0', 0)) + rest)
    write('whole/two_exifs.jpeg', head + segment(0xe1, exif(5)) + segment(0xe1, exif(2)) + rest)
    write('whole/exif_without_directory.jpeg', head + segment(0xe1, b'Exif\0\0MM\0*\0\0\xff\xff' + SECRET.encode()) + rest)
    write('whole/short_exif.jpeg', head + segment(0xe1, b'Exif') + rest)
    for number in range(1, 16):
        if number not in (1, 2, 14):
            rest = segment(0xe0 + number, b'SECRET' * number) + rest
    write('whole/applications.jpeg', head + rest)
    write('whole/adobe_long.jpeg', head + segment(0xee, b'Adobe\0\x64\0\0\0\0\1' + SECRET.encode()) + plain[2:])
    write('whole/trailer.jpeg', plain + plain + SECRET.encode())
    write('whole/fill_bytes.jpeg', head + b'\xff\xff' + segment(0xfe, b'SECRET') + b'\xff' + plain[2:-2] + b'\xff\xff' + plain[-2:])
    frame = plain.index(b'\xff\xc0')
    write('broken/no_end.jpeg', plain[:-2])
    write('broken/cut.jpeg', plain[:len(plain) // 2])
    write('broken/only_head.jpeg', plain[:frame] + b'\xff\xd9')
    write('broken/no_height.jpeg', plain[:frame + 5] + b'\0\0' + plain[frame + 7:])
    write('broken/two_frames.jpeg', plain[:frame] + plain[frame:frame + 19] + plain[frame:])
    write('broken/garbage_between.jpeg', plain[:frame] + b'<script>' + plain[frame:])
    write('broken/length_0.jpeg', head + b'\xff\xfe\0\0' + plain[2:])
    write('broken/length_beyond.jpeg', plain[:frame] + b'\xff\xfe\xff\xff' + plain[frame:])
    write('odd/arithmetic.jpeg', plain[:frame] + b'\xff\xc9' + plain[frame + 2:])
    write('odd/twelve_bits.jpeg', plain[:frame + 4] + b'\x0c' + plain[frame + 5:])
    scan = plain.index(b'\xff\xda')
    write('odd/many_scans.jpeg', plain[:scan] + plain[scan:-2] * 1000 + plain[-2:])
    write('odd/too_large.jpeg', plain[:frame + 5] + b'\xff\xff\xff\xff' + plain[frame + 9:])


def png():
    info = PngImagePlugin.PngInfo()
    info.add_text('Comment', SECRET)
    info.add_text('Description', SECRET * 100, zip=True)
    info.add_itxt('XML:com.adobe.xmp', XMP)
    info.add_itxt('Title', SECRET, zip=True)
    for mode in ('1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'I'):
        write(f'clean/{mode.lower()}.png', saved(picture(mode), 'PNG'))
        write(f'whole/{mode.lower()}.png', saved(picture(mode), 'PNG', pnginfo=info, exif=exif(6), icc_profile=PROFILE, dpi=(72, 72)))
    plain = saved(picture(), 'PNG', icc_profile=PROFILE)
    head, first, end = plain[:8], plain[8:33], plain[-12:]
    body = plain[33:-12]
    transparent = picture('P')
    write('clean/transparency.png', saved(transparent, 'PNG', transparency=3, gamma=0.45, dpi=(300, 300)))
    write('clean/many_chunks.png', head + first + b''.join(
        chunk(b'IDAT', bytes([byte])) for byte in zlib.compress(b''.join(b'\0' + bytes(3 * WIDTH) for _ in range(HEIGHT)))) + end)
    write('whole/time_and_private.png', head + first + chunk(b'tIME', b'\7\xea\1\2\3\4\5') + chunk(b'caBX', b'SECRET') +
          chunk(b'prVt', b'') + chunk(b'sPLT', b'SECRET\0\x08') + body + chunk(b'tEXt', b'A\0SECRET') + end)
    write('whole/trailer.png', plain + b'SECRET' + plain)
    write('broken/two_exifs.png', head + first + chunk(b'eXIf', exif(8)[6:]) + chunk(b'eXIf', exif(3)[6:]) + body + end)
    frames = [picture('RGBA', shade) for shade in (0, 60, 120)]
    for name, extra in (('clean/animated.png', {}), ('whole/animated.png', {'pnginfo': info, 'exif': exif(3)})):
        write(name, saved(frames[0], 'PNG', save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=2, **extra))
    write('broken/no_end.png', plain[:-12])
    write('broken/cut.png', plain[:-40])
    write('broken/no_data.png', head + first + end)
    write('broken/wrong_crc.png', head + first[:-1] + bytes([first[-1] ^ 1]) + body + end)
    write('broken/wrong_length.png', head + first + struct.pack('>I', 0x7fffffff) + body[4:] + end)
    write('broken/length_above.png', head + first + struct.pack('>I', 0x80000000) + body[4:] + end)
    write('broken/two_heads.png', head + first + first + body + end)
    write('broken/no_head.png', head + body + end)
    write('broken/critical.png', head + first + chunk(b'CgBI', b'\0\0\0\0') + body + end)
    write('broken/apart.png', head + first + chunk(b'IDAT', b'a') + chunk(b'tEXt', b'A\0b') + chunk(b'IDAT', b'b') + end)
    write('broken/zero.png', head + chunk(b'IHDR', struct.pack('>IIBBBBB', 0, 1, 8, 2, 0, 0, 0)) + body + end)
    write('broken/depth.png', head + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 4, 2, 0, 0, 0)) + body + end)
    write('broken/frame_outside.png', head + first + chunk(b'acTL', struct.pack('>II', 1, 0)) +
          chunk(b'fcTL', struct.pack('>IIIIIHHBB', 0, WIDTH, HEIGHT, 1, 0, 1, 1, 0, 0)) + body + end)
    write('broken/shown_twice.png', head + first + chunk(b'gAMA', b'\0\0\xb1\x8f') * 2 + body + end)
    write('broken/shown_late.png', head + first + body + chunk(b'gAMA', b'\0\0\xb1\x8f') + end)
    write('broken/palette_of_grey.png', head + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)) + chunk(b'PLTE', b'abc') + body + end)
    write('broken/palette_twice.png', head + first + chunk(b'PLTE', b'abc') * 2 + body + end)
    write('broken/palette_cut.png', head + first + chunk(b'PLTE', b'abcd') + body + end)
    write('broken/no_palette.png', head + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 3, 0, 0, 0)) + body + end)
    control = struct.pack('>IIIIHHBB', WIDTH, HEIGHT, 0, 0, 1, 1, 0, 0)
    one = chunk(b'acTL', struct.pack('>II', 1, 0))

    def numbered(number, type=b'fcTL', data=control):
        return chunk(type, struct.pack('>I', number) + data)
    write('broken/frame_of_nothing.png', head + first + numbered(0) + body + end)
    write('broken/animation_twice.png', head + first + one * 2 + numbered(0) + body + end)
    write('broken/animation_late.png', head + first + body + one + numbered(0) + end)
    write('broken/frame_missing.png', head + first + one + body + end)
    write('broken/frame_too_many.png', head + first + one + numbered(0) + body + numbered(1) + end)
    write('broken/frame_number.png', head + first + one + numbered(1) + body + end)
    write('broken/frame_data_early.png', head + first + one + numbered(0) + numbered(1, b'fdAT', b'data') + body + end)
    # 900 million pixels in a hundred kilobytes.
    write('odd/too_large.png', head + chunk(b'IHDR', struct.pack('>IIBBBBB', 30000, 30000, 1, 0, 0, 0, 0)) +
          chunk(b'IDAT', zlib.compress(bytes(30000 * 3751), 9)) + end)


def gif():
    frames = [picture('P', shade) for shade in (0, 60, 120)]
    write('clean/plain.gif', saved(frames[0], 'GIF'))
    for name, extra in (('clean/animated.gif', {}), ('whole/animated.gif', {'comment': SECRET})):
        write(name, saved(frames[0], 'GIF', save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=3,
                          disposal=2, transparency=1, **extra))
    write('whole/comment.gif', saved(frames[0], 'GIF', comment=SECRET * 100))
    exiftool(write('whole/xmp.gif', saved(frames[0], 'GIF')), f'-XMP-dc:Creator={SECRET}')
    plain = saved(frames[0], 'GIF')
    table = 13 + 3 * (2 << (plain[10] & 7))
    looped = b'!\xff\x0bNETSCAPE2.0\3\1\0\0\7\2SECRET\0'
    write('whole/loop_with_more.gif', plain[:table] + looped + plain[table:])
    write('whole/unknown.gif', plain[:table] + b'!\xff\x0bSECRETapp10\6SECRET\0!\x42\6SECRET\0!\1\x0cSECRETSECRET\6SECRET\0' + plain[table:])
    write('whole/trailer.gif', plain + b'SECRET')
    write('clean/profile.gif', plain[:table] + b'!\xff\x0bICCRGBG1012' + b''.join(
        bytes([len(part)]) + part for part in (PROFILE[at:at + 255] for at in range(0, len(PROFILE), 255))) + b'\0' + plain[table:])
    write('broken/no_end.gif', plain[:-1])
    write('broken/script.gif', b'GIF89a/*' + b' ' * 60 + b'*/=1;alert(1)//<script>alert(1)</script>')
    write('broken/no_frame.gif', plain[:table] + b';')
    image = plain.index(b',', table)
    write('broken/frame_outside.gif', plain[:image + 1] + b'\1\0' + plain[image + 3:])
    bits = image + 10 + (3 * (2 << (plain[image + 9] & 7)) if plain[image + 9] & 0x80 else 0)
    for code in (1, 9):
        write(f'broken/code_of_{code}.gif', plain[:bits] + bytes([code]) + plain[bits + 1:])
    write('broken/introducer.gif', plain[:table] + b'\0' + plain[table:])
    write('broken/zero.gif', plain[:6] + b'\0\0' + plain[8:])
    write('odd/too_large.gif', plain[:6] + b'\xff\xff\xff\xff' + plain[10:])


def webp():
    metadata = {'exif': exif(6), 'xmp': XMP.encode(), 'icc_profile': PROFILE}
    frames = [picture('RGBA', shade) for shade in (0, 60, 120)]
    for name, mode, options in (('lossy', 'RGB', {}), ('alpha', 'RGBA', {}), ('lossless', 'RGBA', {'lossless': True})):
        write(f'clean/{name}.webp', saved(picture(mode), 'WEBP', **options))
        write(f'whole/{name}.webp', saved(picture(mode), 'WEBP', **options, **metadata))
    write('clean/profile.webp', saved(picture(), 'WEBP', icc_profile=PROFILE))
    write('whole/upright.webp', saved(picture(), 'WEBP', exif=exif(1)))
    for name, extra in (('clean/animated.webp', {}), ('whole/animated.webp', metadata)):
        write(name, saved(frames[0], 'WEBP', save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=3, **extra))
    plain = saved(picture(), 'WEBP')
    extended = saved(picture(), 'WEBP', icc_profile=PROFILE)

    def file(data):
        return b'RIFF' + struct.pack('<I', len(data) + 4) + b'WEBP' + data
    write('whole/simple_with_more.webp', file(plain[12:] + riff(b'EXIF', exif(6)[6:]) + riff(b'abcd', b'SECRET')))
    write('whole/unknown.webp', file(extended[12:] + riff(b'abcd', b'SECRET!')))
    write('whole/raw_exif.webp', file(b'VP8X' + struct.pack('<I', 10) + b'\x28' + extended[21:30] + extended[30:] + riff(b'EXIF', exif(8)[6:])))
    write('whole/trailer.webp', plain + b'SECRET')
    write('broken/cut.webp', plain[:-4])
    write('broken/beyond.webp', b'RIFF' + struct.pack('<I', len(plain)) + plain[8:])
    write('broken/no_picture.webp', file(extended[12:30]))
    write('broken/two_pictures.webp', file(extended[12:] + plain[12:]))
    write('broken/size.webp', file(extended[12:24] + b'\1' + extended[25:]))
    write('broken/chunk_beyond.webp', file(plain[12:16] + b'\xff\xff\xff\xff' + plain[20:]))
    alpha = saved(picture('RGBA'), 'WEBP')
    at = alpha.index(b'ALPH')
    size = 8 + struct.unpack('<I', alpha[at + 4:at + 8])[0]
    size += size & 1
    write('broken/alpha_twice.webp', file(alpha[12:at] + alpha[at:at + size] * 2 + alpha[at + size:]))
    write('broken/alpha_empty.webp', file(alpha[12:at] + riff(b'ALPH', b'') + alpha[at + size:]))
    lossless = saved(picture('RGBA'), 'WEBP', lossless=True)
    write('broken/alpha_of_lossless.webp', file(alpha[12:at + size] + lossless[12:]))
    write('broken/profile_late.webp', file(extended[12:30] + plain[12:] + riff(b'ICCP', PROFILE)))
    write('broken/odd_length.webp', b'RIFF' + struct.pack('<I', len(plain) - 7) + plain[8:] + b'\0')
    write('broken/canvas.webp', file(extended[12:24] + b'\xff' * 6 + extended[30:]))
    write('broken/no_magic.webp', file(plain[12:23] + b'\0' + plain[24:]))


def ole(name, streams, before=0, shift=9):
    """A compound file of Word's time: its directory comes after so many sectors, and in between are others."""
    size = 1 << shift

    def entry(name, type):
        text = name.encode('utf-16le')
        return text.ljust(64, b'\0') + struct.pack('<HBB12x', len(text) + 2, type, 1).ljust(64, b'\0')

    entries = [entry('Root Entry', 5)] + [entry(stream, 2) for stream in streams]
    parts = [b''.join(entries[at:at + size // 128]).ljust(size, b'\0') for at in range(0, len(entries), size // 128)]
    places = [1 + before + 2 * index for index in range(len(parts))]
    sectors = [b'\0' * size] * (places[-1] + 1)
    fat = [0xffffffff] * (size // 4)
    for index, place in enumerate(places):
        sectors[place] = parts[index]
        fat[place] = places[index + 1] if index + 1 < len(places) else 0xfffffffe
    sectors[0] = struct.pack(f'<{size // 4}I', *fat)
    head = b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + b'\0' * 16 + struct.pack('<HHHHH6xIII', 0x3e, 3, 0xfffe, shift, 6, 0, 1, places[0])
    head = head.ljust(76, b'\0') + struct.pack('<I', 0) + b'\xff' * 432
    write(f'office/{name}', head.ljust(size, b'\0') + b''.join(sectors))


ole('near.doc', ['WordDocument', '1Table'])
ole('far.doc', ['1Table', 'Data', '\1CompObj', 'Workbook2', 'WordDocument', 'Workbook'], before=100)
ole('large_sectors.xls', ['a'] * 40 + ['Workbook'], shift=12)
ole('old.xls', ['Book'])
ole('talk.ppt', ['Current User', 'PowerPoint Document'])
ole('setup.msi', ['\u4840\u3f3f', 'WordDocument2', 'wordDocument'])
jpeg()
png()
gif()
webp()
