/** The door of the files room: names, free space, and the atomic finish of a part file. */
export { nameFromContentDisposition, nameFromUrl, PART_SUFFIX, safeFileName } from './names.ts';
export { deleteEmptyFolder, deleteFile, deletePart, discardPart, movePart } from './move-part.ts';
export {
  bornAt,
  finishPart,
  freeName,
  inodeMark,
  inodeOf,
  openPart,
  type Part,
  partPath,
  reclaimPart,
  reopenPart,
} from './part.ts';
export { openDirect } from './direct.ts';
export { allocatedBytes, reserveSpace } from './reserve.ts';
export { checkFolder, freeSpace, type Space } from './space.ts';
export { errorCode, toDiskError } from './disk-failure.ts';
export {
  centralDirectory,
  centralHeader,
  dataDescriptor,
  DEFLATED,
  endOfDirectory,
  LARGE_RECORDS,
  localHeader,
  STORED,
  type ZipEntry,
  type ZipSizes,
  type ZipWritten,
} from './zip-records.ts';
