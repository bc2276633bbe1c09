"""Rows of the structural losses."""

from __future__ import annotations

from aekeras.losses.catalogue.row import Row

_COLORS = "who cares about colors?"
_FUR = "the same cat, whatever its fur"

ROWS = (
    Row(
        name="ssim",
        path="aekeras.losses.similarity:SSIM",
        family="structural",
        question=_COLORS,
        summary="the same structure to the eye, window by window, without colors",
        formula="1 - mean SSIM(luma(x), luma(y))",
        sees="mean, deviation and pattern of luma in each window",
        blind_to=("chroma",),
        knobs={"filter_size": 11, "sigma": 1.5, "k1": 0.01, "k2": 0.03},
        source="Wang, Bovik, Sheikh, Simoncelli, Image quality assessment: from error visibility to structural "
        "similarity, 2004, DOI 10.1109/TIP.2003.819861",
    ),
    Row(
        name="ms_ssim",
        path="aekeras.losses.similarity:MultiScaleSSIM",
        family="structural",
        question=_COLORS,
        summary="the same structure to the eye, from near and from afar, without colors",
        formula="1 - prod_k c_k^w_k, c_k: structure of luma at scale k",
        sees="deviation and pattern of luma at each scale, its mean at the coarsest",
        blind_to=("chroma",),
        knobs={"filter_size": 11, "sigma": 1.5, "weights": (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)},
        source="Wang, Simoncelli, Bovik, Multiscale structural similarity for image quality assessment, 2003, "
        "DOI 10.1109/ACSSC.2003.1292216",
    ),
    Row(
        name="l1_contrast",
        path="aekeras.losses.structure:L1Contrast",
        family="structural",
        question=_FUR,
        summary="the same picture in fog, in the sun, in gray: luma after its mean and its deviation are taken out",
        formula="mean |s(x) - s(y)|, s = (luma - mean) / max(deviation, floor)",
        sees="luma in standard deviations",
        blind_to=("chroma", "brightness", "contrast"),
        knobs={"floor": 0.01},
    ),
    Row(
        name="l1_edges",
        path="aekeras.losses.structure:L1Edges",
        family="structural",
        question=_FUR,
        summary="the same outlines: a black cat on white and a white cat on black",
        formula="mean |e(x) - e(y)|, e: Sobel magnitude of luma",
        sees="how steep luma is, and not which way",
        blind_to=("chroma", "brightness", "inversion"),
        source="Sobel, Feldman, A 3x3 isotropic gradient operator for image processing, 1968",
    ),
    Row(
        name="gradient_difference",
        path="aekeras.losses.structure:GradientDifference",
        family="structural",
        question="who cares how bright it is?",
        summary="the same slopes from pixel to pixel, with their signs: sharp edges in the same places",
        formula="mean |dx(x) - dx(y)| + mean |dy(x) - dy(y)|, dx and dy of luma",
        sees="the differences of neighboring pixels in luma",
        blind_to=("chroma", "brightness"),
        source="after Mathieu, Couprie, LeCun, Deep multi-scale video prediction beyond mean square error, 2016, "
        "arXiv:1511.05440",
    ),
    Row(
        name="l1_coarse",
        path="aekeras.losses.scale:L1Coarse",
        family="structural",
        question="who needs detail?",
        summary="the same from afar: the mean colors of blocks of pixels",
        formula="mean |b(x) - b(y)|, b: means of factor x factor pixels",
        sees="the mean color of each block",
        blind_to=("detail",),
        knobs={"factor": 8},
    ),
    Row(
        name="laplacian_pyramid",
        path="aekeras.losses.scale:LaplacianPyramid",
        family="structural",
        question="who needs detail, and who the whole?",
        summary="each size of detail on its own, and each counts alike: fine lines and the tint of the whole",
        formula="sum_k mean |L_k(x) - L_k(y)|",
        sees="the levels of a Laplacian pyramid of red, green and blue",
        knobs={"levels": 4},
        source="Burt, Adelson, The Laplacian pyramid as a compact image code, 1983, DOI 10.1109/TCOM.1983.1095851; "
        "as a loss: Bojanowski, Joulin, Lopez-Paz, Szlam, 2018, arXiv:1707.05776",
    ),
)
