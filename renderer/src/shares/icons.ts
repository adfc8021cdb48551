import { Database, Download, File, Folder, Globe, Radio, type LucideIcon } from 'lucide-react';
import type { ShareKind } from '../../../shared/share.ts';

export const shareIcons: Readonly<Record<ShareKind, LucideIcon>> = {
  file: File,
  folder: Folder,
  remote: Globe,
  query: Database,
  job: Download,
  feed: Radio,
};
