#!/usr/bin/python3
"""Compares pictures with their copies without metadata:  t/media/check.py <folder>

<folder>/whole/<name> has its copy in <folder>/stripped/<name>. Each frame has the same pixels, and
is shown for the same time, in the same orientation and with the same profile; and exiftool finds
nothing but what decoders need, the orientation and the profile."""
import json
import os
import subprocess
import sys
import warnings

from PIL import Image, ImageOps, ImageSequence

folder = sys.argv[1]
warnings.filterwarnings('ignore', 'Corrupt EXIF data') # which some have
# By exiftool's group, what may be there.
STRUCTURE = {
    'ExifTool': {'ExifToolVersion'}, 'System': None, 'File': None, 'Composite': None, 'JFIF': None, 'Adobe': None,
    'IFD0': {'Orientation'}, 'ICC_Profile': None,
    'PNG': {'ImageWidth', 'ImageHeight', 'BitDepth', 'ColorType', 'Compression', 'Filter', 'Interlace', 'Palette', 'Transparency',
            'Gamma', 'ProfileName', 'AnimationFrames', 'AnimationPlays', 'BackgroundColor'},
    'PNG-pHYs': None, 'GIF': {'GIFVersion', 'ImageWidth', 'ImageHeight', 'HasColorMap', 'ColorResolutionDepth', 'BitsPerPixel',
                             'BackgroundColor', 'AnimationIterations', 'FrameCount', 'Duration', 'TransparentColor'},
    'RIFF': {'VP8Version', 'ImageWidth', 'ImageHeight', 'HorizontalScale', 'VerticalScale', 'WebP_Flags', 'AlphaIsUsed', 'AlphaPreprocessing',
             'AlphaFiltering', 'AlphaCompression', 'BackgroundColor', 'AnimationLoopCount', 'FrameCount', 'Duration'},
}
NEVER = {'Comment', 'XMP', 'CurrentIPTCDigest', 'ExifByteOrder'}
failed = False


def complain(name, text):
    global failed
    failed = True
    print(f'{name}: {text}', file=sys.stderr)


def frames(path):
    with Image.open(path) as image:
        info = {key: image.info.get(key) for key in ('loop', 'icc_profile', 'transparency', 'gamma', 'adobe_transform')}
        turned = ImageOps.exif_transpose(image).convert('RGBA').tobytes()
        shown = [(frame.info.get('duration'), frame.size, frame.convert('RGBA').tobytes()) for frame in ImageSequence.Iterator(image)]
        return info, turned, shown


def unwanted(found):
    for name, value in found.items():
        group, _, tag = name.rpartition(':')
        group = 'ICC_Profile' if group.startswith('ICC-') else group
        if name == 'SourceFile' or (tag == 'ExifByteOrder' and 'IFD0:Orientation' in found):
            continue
        if group not in STRUCTURE or tag in NEVER or (STRUCTURE[group] is not None and tag not in STRUCTURE[group]):
            yield f'{name} = {str(value)[:60]}'


names = sorted(os.listdir(f'{folder}/whole'))
if not names:
    complain('whole', 'there is nothing in it')
for name in names:
    if frames(f'{folder}/whole/{name}') != frames(f'{folder}/stripped/{name}'):
        complain(name, 'the copy does not look the same')
for one in json.loads(subprocess.run(['exiftool', '-j', '-G1', '-a', '-u', f'{folder}/stripped'], check=True,
                                     capture_output=True).stdout):
    for text in unwanted(one):
        complain(os.path.basename(one['SourceFile']), f'left: {text}')
sys.exit(failed)
