"""
Golden data of the rooms argmax and target: refinements, SimCC, UDP's combined maps and targets, in numpy from the definitions, blurred by
cv2.GaussianBlur. Run with Debian's python3-numpy and python3-opencv: python3 make_argmax.py
"""
import json
import cv2
import numpy as np

rng = np.random.default_rng(4)


class Golden:
    def __init__(self, name):
        self.name, self.cases, self.bytes = name, [], b''

    def place(self, array):
        array = np.ascontiguousarray(array)
        self.bytes += b'\0' * (-len(self.bytes) % 16)
        entry = {'shape': list(array.shape), 'dtype': str(array.dtype), 'offset': len(self.bytes)}
        self.bytes += array.tobytes()
        return entry

    def add(self, params, inputs, f):
        """f(dtype) answers the outputs; what float32 is away from float64 makes the tolerance."""
        exact, rough = f(np.float64), f(np.float32)
        outputs = {}
        for key, value in exact.items():
            scale = float(np.abs(value).max()) if value.size else 0
            d = float(np.abs(value - rough[key]).max()) if value.size else 0
            outputs[key] = {**self.place(value.astype(np.float32)), 'tolerance': {'abs': max(12 * d, 4e-6 * scale, 1e-12), 'rel': 1e-5}}
        self.cases.append({'id': f'{self.name}_{len(self.cases):02}', 'op': self.name, 'params': params,
                           'inputs': {k: self.place(v) for k, v in inputs.items()}, 'outputs': outputs,
                           'reference': f'numpy {np.__version__} float64 from the definition, cv2 {cv2.__version__} GaussianBlur'})

    def write(self):
        with open(f'{self.name}.json', 'w') as file:
            file.write('[\n' + ',\n'.join(json.dumps(c) for c in self.cases) + '\n]\n')
        with open(f'{self.name}.bin', 'wb') as file:
            file.write(self.bytes)


def heatmaps(k, h, w, noise=0.03, sigma=2.0, gain=1.0):
    y, x = np.mgrid[0:h, 0:w]
    out = np.empty((k, h, w))
    for i in range(k):
        cx, cy = rng.uniform(0, w - 1), rng.uniform(0, h - 1)
        out[i] = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma ** 2)) + noise * rng.uniform(-1, 1, (h, w))
    return (out * gain).astype(np.float32)


def blur_zero(m, kernel):
    """Zeros beyond the map, and the old maximum."""
    b = kernel // 2
    wide = np.zeros((m.shape[0] + 2 * b, m.shape[1] + 2 * b), m.dtype)
    wide[b:b + m.shape[0], b:b + m.shape[1]] = m
    soft = cv2.GaussianBlur(wide, (kernel, kernel), 0)[b:b + m.shape[0], b:b + m.shape[1]]
    return soft * (m.max() / soft.max())


def largest(m):
    at = int(np.argmax(m))
    return at % m.shape[1], at // m.shape[1], m.flat[at]


def step(g, hessian):
    return -np.linalg.solve(hessian, g)


def taylor(m, x, y, kernel):
    h, w = m.shape
    if not (1 < x < w - 2 and 1 < y < h - 2):
        return np.zeros(2)
    l = np.log(np.maximum(blur_zero(m, kernel), 1e-10))
    g = np.array([l[y, x + 1] - l[y, x - 1], l[y + 1, x] - l[y - 1, x]]) / 2
    xx, yy = (l[y, x + 2] - 2 * l[y, x] + l[y, x - 2]) / 4, (l[y + 2, x] - 2 * l[y, x] + l[y - 2, x]) / 4
    xy = (l[y + 1, x + 1] - l[y - 1, x + 1] - l[y + 1, x - 1] + l[y - 1, x - 1]) / 4
    hessian = np.array([[xx, xy], [xy, yy]])
    return np.zeros(2) if np.linalg.det(hessian) == 0 else step(g, hessian)


def udp(m, x, y, kernel):
    l = np.pad(np.log(np.clip(blur_zero(m, kernel), 1e-3, 50)), 1, mode='edge')
    x, y = x + 1, y + 1
    g = np.array([l[y, x + 1] - l[y, x - 1], l[y + 1, x] - l[y - 1, x]]) / 2
    xx, yy = l[y, x + 1] - 2 * l[y, x] + l[y, x - 1], l[y + 1, x] - 2 * l[y, x] + l[y - 1, x]
    xy = (l[y + 1, x + 1] - l[y, x + 1] - l[y + 1, x] + 2 * l[y, x] - l[y, x - 1] - l[y - 1, x] + l[y - 1, x - 1]) / 2
    return step(g, np.array([[xx, xy], [xy, yy]]) + np.finfo(np.float32).eps * np.eye(2))


def quarter(m, x, y, axes):
    h, w = m.shape
    in_x, in_y = 1 < x < w - 1, 1 < y < h - 1
    move = np.zeros(2)
    if in_x and (y > 0 if axes else in_y):
        move[0] = np.sign(m[y, x + 1] - m[y, x - 1]) / 4
    if in_y and (x > 0 if axes else in_x):
        move[1] = np.sign(m[y + 1, x] - m[y - 1, x]) / 4
    return move


def parabola(m, x, y, _):
    def vertex(a, b, c):
        return (a - c) / (2 * (a - 2 * b + c)) if a - 2 * b + c < 0 else 0
    h, w = m.shape
    return np.array([vertex(m[y, x - 1], m[y, x], m[y, x + 1]) if 0 < x < w - 1 else 0, vertex(m[y - 1, x], m[y, x], m[y + 1, x]) if 0 < y < h - 1 else 0])


REFINE = {'none': lambda m, x, y, k: np.zeros(2), 'quarter': lambda m, x, y, k: quarter(m, x, y, False), 'quarter-axes': lambda m, x, y, k: quarter(m, x, y, True),
          'taylor': taylor, 'udp': udp, 'parabola': parabola}


def decode(maps, refine, kernel):
    coords, confidence = [], []
    for m in maps:
        x, y, value = largest(m)
        if refine == 'megvii':
            soft = blur_zero(m, kernel)
            x, y, value = largest(soft)
            inside = 1 < x < m.shape[1] - 1 and 1 < y < m.shape[0] - 1
            move = quarter(soft, x, y, False) + (0.5 if inside else 0)
        else:
            move = REFINE[refine](m, x, y, kernel)
        coords.append(np.array([x, y]) + move)
        confidence.append(value)
    return {'coords': np.array(coords, dtype=maps.dtype)[None], 'confidence': np.array(confidence, dtype=maps.dtype)[None]}


golden = Golden('argmax.refine')
for refine in [*REFINE, 'megvii']:
    for h, w, k, kernel, gain in [(64, 48, 3, 11, 1), (16, 12, 9, 11, 1), (9, 13, 12, 7, 80), (5, 7, 12, 3, 0.01), (7, 5, 9, 17, 1), (5, 5, 9, 5, 1)]:
        maps = heatmaps(k, h, w, gain=gain)
        golden.add({'refine': refine, 'kernel': kernel}, {'maps': maps[None]}, lambda t: decode(maps.astype(t), refine, kernel))
golden.write()

golden = Golden('argmax.combined')
for h, w, k, kernel in [(48, 36, 3, 11), (16, 12, 7, 5), (9, 13, 7, 3)]:
    y, x = np.mgrid[0:h, 0:w]
    radius = 0.0546875 * max(h, w)
    planes = []
    for _ in range(k):
        cx, cy = rng.uniform(1, w - 2), rng.uniform(1, h - 2)
        dx, dy = (cx - x) / radius, (cy - y) / radius
        planes += [(dx * dx + dy * dy <= 1).astype(float) + 0.2 * rng.uniform(-1, 1, (h, w)), dx, dy]
    maps = np.array(planes, dtype=np.float32)

    def combined(t):
        soft = maps.astype(t)
        for i in range(len(soft)):
            size = kernel if i % 3 else 2 * kernel + 1
            soft[i] = cv2.GaussianBlur(soft[i], (size, size), 0)
        coords, confidence = [], []
        for j in range(k):
            px, py, value = largest(soft[3 * j])
            coords.append([px + soft[3 * j + 1, py, px] * radius, py + soft[3 * j + 2, py, px] * radius])
            confidence.append(value)
        return {'coords': np.array(coords)[None], 'confidence': np.array(confidence)[None]}
    golden.add({'kernel': kernel}, {'maps': maps[None]}, combined)
golden.write()

golden = Golden('argmax.simcc')
for wx, wy, k, sigma, dark in [(384, 512, 17, (4.9, 5.66), True), (384, 512, 17, (4.9, 5.66), False), (60, 31, 9, (6.0, 6.0), True), (33, 8, 9, (2.0, 2.0), True)]:
    def vectors(width, s):
        centre = rng.uniform(3, width - 4, (k, 1))
        return (np.exp(-(np.arange(width) - centre) ** 2 / (2 * s * s)) * rng.uniform(0.2, 1, (k, 1)) + 0.01 * rng.uniform(0, 1, (k, width))).astype(np.float32)
    x, y = vectors(wx, sigma[0]), vectors(wy, sigma[1])

    def simcc(t):
        at, top, seen = [], [], []
        for v, s in zip((x.astype(t), y.astype(t)), sigma):
            index = np.argmax(v, 1)
            top.append(v.max(1))
            e = np.exp(150 * s * (v - v.max(1, keepdims=True)))
            seen.append(1 / e.sum(1))
            if dark:
                size = int((s * 20 - 7) // 3)
                size -= size % 2 == 0
                b = size // 2
                soft = np.array([cv2.GaussianBlur(np.pad(row, b)[None], (size, 1), 0)[0, b:b + len(row)] for row in v])
                soft *= v.max(1, keepdims=True) / soft.max(1, keepdims=True)
                l = np.pad(np.log(np.clip(soft, 1e-3, 50)), ((0, 0), (2, 2)), 'edge')
                row, i = np.arange(k), index + 2
                index = index - (l[row, i + 1] - l[row, i - 1]) / 2 / (1e-9 + (l[row, i + 2] - 2 * l[row, i] + l[row, i - 2]) / 4)
            at.append(index / 2)
        return {'coords': np.stack(at, -1)[None], 'confidence': np.minimum(*top)[None], 'visibility': np.minimum(*seen)[None]}
    golden.add({'sigma': sigma, 'refine': 'dark' if dark else 'none'}, {'x': x[None], 'y': y[None]}, simcc)
golden.write()
