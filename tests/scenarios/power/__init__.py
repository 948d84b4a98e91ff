"""Power cuts: what the real processes wrote is recorded, and every moment at which the plug could have been pulled is looked at.

recorder.c   preloaded into the gateway, the panel and the commands: writes, fsyncs, renames, and bytes for a modem, in one order
recording    a day of a small group under the recorder
disk         what a disk may hold after a cut at any record: what was synced, and any part of what was not
acts         what crossed the wire, and what people were told, by then
judge        the real code opens what was left: every act's intention or evidence must be there, and the database whole
"""
