import {
  Database,
  Disc3,
  File,
  FileArchive,
  FileAudio,
  FileBadge,
  FileCode,
  FileImage,
  FileSpreadsheet,
  FileText,
  FileVideo,
  FolderDown,
  Package,
  Radio,
  type LucideIcon,
} from 'lucide-react';
import type { Job } from '../../../shared/job.ts';
import { IconTile } from '../ui/Tile.tsx';

const kinds: readonly (readonly [LucideIcon, string])[] = [
  [FileArchive, 'zip 7z rar tar gz tgz bz2 xz zst lz4 br'],
  [Disc3, 'iso img dmg vhd vhdx vmdk qcow2 raw'],
  [Package, 'deb rpm appimage msi exe pkg apk snap flatpak whl jar'],
  [FileVideo, 'mp4 mkv webm mov avi m4v mpg mpeg ts'],
  [FileAudio, 'mp3 flac ogg opus wav m4a aac'],
  [FileImage, 'jpg jpeg png gif webp avif svg tif tiff heic psd'],
  [FileSpreadsheet, 'csv tsv xls xlsx ods'],
  [Database, 'sql sqlite db parquet arrow avro orc mdb pbf gguf safetensors h5'],
  [FileText, 'pdf txt md doc docx odt epub rtf log ppt pptx'],
  [FileCode, 'json ndjson xml html htm js css yaml yml toml py rs go c h java'],
  [FileBadge, 'sig asc pem crt sha256 torrent'],
];

const byExtension = new Map(kinds.flatMap(([icon, names]) => names.split(' ').map((name) => [name, icon] as const)));

function iconOf(name: string): LucideIcon {
  return byExtension.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase()) ?? File;
}

/** What wraps another type: the type below it is what the file is. */
const wrapped = /\.(gz|zst|br)$/i;

/** The icon of a job: of its file's type, or of what else it makes. */
export function JobIcon({ job }: { job: Job }) {
  const { name } = job;
  const icon =
    job.kind === 'capture'
      ? Radio
      : job.kind === 'export' && job.source.kind === 'tables'
        ? FolderDown
        : iconOf(job.kind === 'export' ? name.replace(wrapped, '') : name);
  return <IconTile icon={icon} />;
}

export function FileIcon({ name }: { name: string }) {
  return <IconTile icon={iconOf(name)} />;
}
