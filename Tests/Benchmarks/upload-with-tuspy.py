# Uploads files with tuspy, several at a time: python upload-with-tuspy.py ENDPOINT CONCURRENCY FILE...
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from tusclient.client import TusClient

# Without a chunk size tuspy holds a file in memory as a whole.
CHUNK_SIZE = 8 * 1024 * 1024

endpoint, concurrency, *files = sys.argv[1:]


def upload(path):
    # Without metadata tuspy sends an empty header, which the protocol does not allow.
    metadata = {"filename": os.path.basename(path)}
    TusClient(endpoint).uploader(path, chunk_size=CHUNK_SIZE, metadata=metadata).upload()


with ThreadPoolExecutor(int(concurrency)) as pool:
    # Taking the results raises what went wrong.
    list(pool.map(upload, files))
